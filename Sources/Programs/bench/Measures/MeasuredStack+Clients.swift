import Glibc
import HTTPClient
import JSON

/// Clients to measure with: each active, each with an account at the simulated broker, and each with
/// a capital of ₹ 10,00,000.
extension MeasuredStack {
    /// A group of clients by its name.
    struct Group: Sendable {
        let name: String
        let count: Int
    }

    /// Loads them, at these brokers in turn; a client's number runs on through all groups.
    func load(_ groups: [Group], at brokers: [String] = ["dhan"]) async throws {
        var number = 0
        var lines: [String] = []
        var accounts: [JSONValue] = []
        for group in groups {
            for _ in 0..<group.count {
                number += 1
                let id = Self.brokerClientID(number)
                let broker = brokers[number % brokers.count]
                // At Zerodha a session is the app's key and the token.
                let token = (broker == "zerodha" ? "bench:" : "") + "token-\(number)"
                lines.append(
                    "B\(number),Client \(number),1000000,\(group.name),\(broker),\(id),\(token)"
                )
                accounts.append(account(id, at: broker, token: token))
            }
        }
        try await open(accounts)
        for start in stride(from: 0, to: lines.count, by: 10_000) {
            try await importClients(lines[start..<min(start + 10_000, lines.count)])
        }
    }

    /// The broker's number of a client.
    static func brokerClientID(_ number: Int) -> String { String(1_100_000_000 + number) }

    private func account(_ id: String, at broker: String, token: String) -> JSONValue {
        var account = JSONObject()
        account.append("face", .string(broker))
        account.append("client_id", .string(id))
        account.append("token", .string(token))
        if settings.hasPostbacks {
            account.append("postback_url", .string(apiURLs[0] + "/postbacks/" + broker))
        }
        return .object(account)
    }

    private func open(_ accounts: [JSONValue]) async throws {
        for start in stride(from: 0, to: accounts.count, by: 1_000) {
            let some = Array(accounts[start..<min(start + 1_000, accounts.count)])
            _ = try await control(http, "POST", "/control/accounts", ["accounts": .array(some)])
        }
    }

    private func importClients(_ lines: ArraySlice<String>) async throws {
        let file = place.freshOutput()
        defer { unlink(file) }
        guard let output = fopen(file, "w") else {
            throw Unusable(description: "no room for files")
        }
        fputs("code,name,capital,groups,broker,broker_client_id,access_token\n", output)
        for line in lines { fputs(line + "\n", output) }
        fclose(output)
        try await mustRun(["clients", "import", file, "--all-or-nothing"])
    }
}
