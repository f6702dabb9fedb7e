import JSON

/// `volley transactions --client ID [--from DAY] [--to DAY]`.
struct TransactionsCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        guard let client = arguments.take("client") else {
            throw UsageError("give --client, whose transactions are asked for")
        }
        var query = "?limit=\(ClientsCommand.escaped(arguments.take("limit") ?? "100"))"
        for option in ["from", "to", "after"] {
            if let value = arguments.take(option) {
                query += "&\(option)=\(ClientsCommand.escaped(value))"
            }
        }
        try arguments.finish()
        let path = "/api/v1/clients/\(ClientsCommand.escaped(client))/transactions"
        let page = try await door.open().get(path + query)
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(
            ["time", "task", "order", "side", "symbol", "product", "quantity", "price", "amount"],
            numeric: [1, 2, 6, 7, 8]
        )
        for row in page["transactions"]?.array ?? [] {
            table.add([
                String(row.text("at").prefix(19)), row.number("task_id"), row.number("order_id"),
                row.text("side"), row.text("symbol"), row.text("product"),
                row.number("quantity"), row.text("price"), row.text("amount"),
            ])
        }
        terminal.line(table.text)
        if let next = page["next"]?.string { terminal.line("more: --after \(next)") }
        return ExitStatus.done
    }
}
