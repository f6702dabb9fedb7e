import JSON

/// `volley deposit|withdraw CLIENT AMOUNT [--note TEXT] [--key K]`: money paid in or out.
struct CashCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ name: String, _ arguments: inout Arguments, _ door: LoginDoor) async throws
        -> Int32
    {
        let client = ClientsCommand.escaped(try arguments.word("the client's id"))
        var body = JSONObject()
        _ = body.append("amount", .string(try arguments.word("the amount in rupees")))
        if let note = arguments.take("note") { _ = body.append("note", .string(note)) }
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        try arguments.finish()
        let path = name == "deposit" ? "deposits" : "withdrawals"
        let answer = try await door.open().sendSurely(
            "/api/v1/clients/\(client)/\(path)",
            .object(body),
            key: key
        )
        guard !terminal.isJSON else {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        let available = answer["funds"]?["available"]?.string ?? "-"
        terminal.line("\(answer.text("kind")) of \(answer.text("amount")); available \(available)")
        return ExitStatus.done
    }
}

/// `volley ledger CLIENT [--from DAY] [--to DAY] [--limit N] [--after ID] [--csv]`.
struct LedgerCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let client = ClientsCommand.escaped(try arguments.word("the client's id"))
        var query: [String] = []
        for option in ["from", "to", "after", "limit"] {
            if let value = arguments.take(option) {
                query.append("\(option)=\(ClientsCommand.escaped(value))")
            }
        }
        try arguments.finish()
        let parameters = query.isEmpty ? "" : "?" + query.joined(separator: "&")
        let api = try await door.open()
        guard !arguments.has("csv") else {
            for try await piece in api.pieces("/api/v1/clients/\(client)/ledger.csv" + parameters) {
                guard terminal.write(piece) else { return ExitStatus.unavailable }
            }
            return ExitStatus.done
        }
        let page = try await api.get("/api/v1/clients/\(client)/ledger" + parameters)
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        terminal.line(Self.table(page))
        if let next = page["next"]?.int64 { terminal.line("more: --after \(next)") }
        return ExitStatus.done
    }

    private static func table(_ page: JSONValue) -> String {
        var table = Table(
            ["time", "kind", "to", "from", "amount", "available", "order"],
            numeric: [4, 5, 6]
        )
        for row in page["transfers"]?.array ?? [] {
            table.add([
                String(row.text("at").prefix(19)), row.text("kind"), row.text("debit"),
                row.text("credit"), row.text("amount"), row.text("available_after"),
                row.number("order_id"),
            ])
        }
        let funds = page["funds"]?.object
        let balances = (funds?.keys ?? []).map { "\($0) \(funds?[$0]?.string ?? "-")" }
        return table.text + "\n\n" + balances.joined(separator: ", ")
    }
}
