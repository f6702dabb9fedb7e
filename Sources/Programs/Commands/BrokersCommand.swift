import JSON

/// `volley brokers`, and `volley readiness [--broker B] [--state S] [--limit N]
/// [--links | --requests]`.
struct BrokersCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ command: String, _ arguments: inout Arguments, _ door: LoginDoor) async throws
        -> Int32
    {
        if command == "brokers" {
            try arguments.finish()
            let brokers = try await door.open().get("/api/v1/brokers")
            show(brokers) { Self.capabilities($0["brokers"]?.array ?? []) }
            return ExitStatus.done
        }
        var which = ""
        for name in ["broker", "state"] {
            if let word = arguments.take(name) { which += "&\(name)=\(word)" }
        }
        let asks = arguments.has("requests")
        if arguments.has("links") || asks {
            try arguments.finish()
            return try await LoginCommand(terminal).links(
                which,
                asks: asks,
                try await door.open()
            )
        }
        let query = "?limit=\(arguments.take("limit") ?? "100")" + which
        try arguments.finish()
        let readiness = try await door.open().get("/api/v1/readiness" + query)
        show(readiness) { Self.counts($0) + Self.accounts($0["accounts"]?.array ?? []) }
        return ExitStatus.done
    }

    private func show(_ answer: JSONValue, _ text: (JSONValue) -> String) {
        terminal.line(
            terminal.isJSON ? String(decoding: answer.serialized(), as: UTF8.self) : text(answer)
        )
    }

    private static func capabilities(_ brokers: [JSONValue]) -> String {
        let names = brokers.first?["can"]?.object?.keys.map { $0 } ?? []
        var table = Table(["broker", "answers"] + names)
        for broker in brokers {
            table.add(
                [broker["broker"]?.string ?? "", broker["health"]?["state"]?.string ?? ""]
                    + names.map { broker["can"]?[$0]?.string ?? "" }
            )
        }
        return table.text
    }

    private static func counts(_ readiness: JSONValue) -> String {
        var table = Table(["broker", "state", "accounts"], numeric: [2])
        for count in readiness["counts"]?.array ?? [] {
            table.add([
                count["broker"]?.string ?? "", count["state"]?.string ?? "",
                "\(count["accounts"]?.int64 ?? 0)",
            ])
        }
        return table.text
    }

    private static func accounts(_ rows: [JSONValue]) -> String {
        guard !rows.isEmpty else { return "\n" }
        var table = Table(["client", "code", "broker", "account", "state", "ends", "words"])
        for row in rows {
            let text: (String) -> String = { row[$0]?.string ?? "" }
            table.add([
                "\(row["client_id"]?.int64 ?? 0)", text("code"), text("broker"),
                text("broker_client_id"), text("state"), String(text("session_ends").prefix(16)),
                text("words"),
            ])
        }
        return "\n\n" + table.text
    }
}
