import JSON

/// Holds a task's results against the sandbox's own ledger and the clients' money.
struct DemoVerification {
    private let terminal: Terminal
    private let api: APIClient
    private let sandbox: APIClient
    /// Waits for fills, a second each.
    private static let patience = 90

    init(_ terminal: Terminal, _ api: APIClient, _ sandbox: APIClient) {
        self.terminal = terminal
        self.api = api
        self.sandbox = sandbox
    }

    func run(task: Int?) async throws -> Int32 {
        let id = try await taskID(task)
        let status = try await settledStatus(id)
        var checks = Checks()
        let rows = try await results(id)
        let booked = try await ledger(status)
        try await compare(rows, with: booked, &checks)
        let clients = try await clients()
        checkSizes(rows, status, clients, &checks)
        checkMoney(clients, rows, &checks)
        if terminal.isJSON {
            terminal.line(String(decoding: checks.json.serialized(), as: UTF8.self))
        } else {
            for line in checks.lines { terminal.line(line) }
        }
        return checks.failures == 0 ? ExitStatus.done : ExitStatus.someFailed
    }

    private func taskID(_ task: Int?) async throws -> Int64 {
        if let task { return Int64(task) }
        let newest = try await api.get("/api/v1/bulk-trades?limit=1")
        guard let id = newest["bulk_trades"]?.array?.first?["task_id"]?.int64 else {
            throw UsageError("there is no task yet")
        }
        return id
    }

    /// Waits until nothing is pending or live.
    private func settledStatus(_ id: Int64) async throws -> JSONValue {
        var status = try await api.get("/api/v1/bulk-trades/\(id)")
        for second in 0..<Self.patience {
            let live = ["READY", "SENDING", "UNKNOWN", "ACCEPTED", "OPEN", "PARTLY_FILLED"]
                .reduce(Int64(0)) { $0 + (status["states"]?[$1]?.int64 ?? 0) }
            if live == 0, status["state"]?.string == "COMPLETE" { break }
            terminal.progress("waiting for fills: \(live) orders are open (\(second) s)")
            try await Task.sleep(for: .seconds(1))
            status = try await api.get("/api/v1/bulk-trades/\(id)")
        }
        terminal.endProgress()
        return status
    }

    private func results(_ id: Int64) async throws -> [JSONValue] {
        try await pages("/api/v1/bulk-trades/\(id)/results?limit=5000", "results", api)
    }

    private func clients() async throws -> [Int64: JSONValue] {
        let all = try await pages("/api/v1/clients?limit=1000", "clients", api)
        return Dictionary(all.map { ($0["id"]?.int64 ?? 0, $0) }) { first, _ in first }
    }

    private func ledger(_ status: JSONValue) async throws -> [JSONValue] {
        let symbol = status["symbol"]?.string ?? ""
        let side = status["side"]?.string ?? ""
        return try await pages(
            "/control/ledger?symbol=\(symbol)&side=\(side)&limit=1000",
            "orders",
            sandbox
        )
    }

    private func pages(_ path: String, _ key: String, _ client: APIClient) async throws
        -> [JSONValue]
    {
        var all: [JSONValue] = []
        var after = ""
        while true {
            let page = try await client.get(path + after)
            all += page[key]?.array ?? []
            guard let next = page["next"], !next.isNull else { return all }
            after = "&after=\(next.string ?? next.number?.text ?? "")"
        }
    }

    private func compare(
        _ rows: [JSONValue],
        with booked: [JSONValue],
        _ checks: inout Checks
    ) async throws {
        let sent = rows.filter {
            $0["status"]?.string == "success" && $0["broker"]?.string != "paper"
        }
        let byOrder = Dictionary(grouping: booked) { $0["order_id"]?.string ?? "" }
        checks.all(sent, "every order placed is in the broker's ledger once, with its quantity") {
            let found = byOrder[$0["broker_order_id"]?.string ?? "-"] ?? []
            return found.count == 1 && found[0]["quantity"]?.int64 == $0["quantity"]?.int64
        }
        let references = Dictionary(grouping: booked) { $0["reference"]?.string ?? "" }
        checks.all(Array(references), "no reference is booked twice") { $0.value.count == 1 }
        let summary = try await sandbox.get("/control/ledger/summary")
        checks.all([summary], "the sandbox's summary counts no duplicate") {
            $0["duplicates"]?.int64 == 0
        }
        let others = rows.filter { $0["status"]?.string == "skipped" }
        checks.all(others, "every client who takes no part has a reason") {
            $0["reason_code"]?.string != nil
        }
        checks.all(rows, "every order has ended") {
            ["FILLED", "SKIPPED", "REJECTED", "CANCELLED", "EXPIRED"]
                .contains($0["state"]?.string ?? "")
        }
    }

    /// `floor(capital × percent ÷ price)`, computed here a second time.
    private func checkSizes(
        _ rows: [JSONValue],
        _ status: JSONValue,
        _ clients: [Int64: JSONValue],
        _ checks: inout Checks
    ) {
        guard status["side"]?.string == "BUY",
            let percent = status["percent"]?.string.flatMap({ JSONNumber($0)?.scaled(2) })
        else { return }
        let placed = rows.filter { $0["status"]?.string == "success" }
        checks.all(placed, "every quantity is floor(capital × percent ÷ price)") { row in
            guard let client = clients[row["client_id"]?.int64 ?? 0],
                let capital = JSONNumber(client["capital"]?.string ?? "")?.scaled(2),
                let price = JSONNumber(row["sizing_price"]?.string ?? "")?.scaled(2), price > 0
            else { return false }
            return row["quantity"]?.int64 == capital * percent / 10_000 / price
        }
    }

    private func checkMoney(
        _ clients: [Int64: JSONValue],
        _ rows: [JSONValue],
        _ checks: inout Checks
    ) {
        let all = Array(clients.values)
        checks.all(all, "every client's ledger balances, and nothing is negative") { client in
            let paise: (String) -> Int64 = { name in
                JSONNumber(client["funds"]?[name]?.string ?? "")?.scaled(2) ?? .min / 8
            }
            let assets = ["available", "held", "invested", "realised_loss"].map(paise)
            let sources = ["deposited", "realised_gain", "shortfall"].map(paise)
            return (assets + sources).allSatisfy { $0 >= 0 }
                && assets.reduce(0, +) == sources.reduce(0, +)
        }
        checks.all(rows, "nothing stays held for orders that have ended") {
            JSONNumber($0["held_amount"]?.string ?? "")?.scaled(2) == 0
        }
    }
}

/// What was checked, and what was found.
private struct Checks {
    private(set) var lines: [String] = []
    private(set) var failures = 0
    private var results: [JSONValue] = []

    mutating func all<Item>(_ items: [Item], _ rule: String, _ holds: (Item) -> Bool) {
        let broken = items.count { !holds($0) }
        failures += broken
        let mark = broken == 0 ? "✓" : "✗"
        let count = ProgressBar.grouped(Int64(items.count))
        lines.append("\(mark) \(rule) (\(count)\(broken == 0 ? "" : ", \(broken) broken"))")
        results.append([
            "rule": .string(rule), "checked": .integer(items.count), "broken": .integer(broken),
        ])
    }

    var json: JSONValue {
        ["checks": .array(results), "failures": .integer(failures)]
    }
}
