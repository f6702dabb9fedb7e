import JSON

/// `volley pnl TASK`.
struct ProfitCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let task = ClientsCommand.escaped(try arguments.word("the task's id"))
        var query = "?limit=\(ClientsCommand.escaped(arguments.take("limit") ?? "100"))"
        if let after = arguments.take("after") {
            query += "&after=\(ClientsCommand.escaped(after))"
        }
        try arguments.finish()
        let answer = try await door.open().get("/api/v1/bulk-trades/\(task)/pnl" + query)
        guard !terminal.isJSON else {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(
            ["client", "code", "quantity", "average", "realised", "held", "cost", "unrealised"],
            numeric: [0, 2, 3, 4, 5, 6, 7]
        )
        for row in answer["clients"]?.array ?? [] {
            table.add([row.number("client_id"), row.text("client_code")] + Self.sums(row))
        }
        if let total = answer["total"], !total.isNull { table.add(["all", ""] + Self.sums(total)) }
        terminal.line(table.text)
        if answer["last_price"]?.isNull == true { terminal.line("no fresh price is known") }
        if let next = answer["next"]?.int64 { terminal.line("more: --after \(next)") }
        return ExitStatus.done
    }

    private static func sums(_ row: JSONValue) -> [String] {
        [
            row.number("quantity"), row.text("average_price"), row.text("realised"),
            row.number("held_quantity"), row.text("held_cost"), row.text("unrealised"),
        ]
    }
}
