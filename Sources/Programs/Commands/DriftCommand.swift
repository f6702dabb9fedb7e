import JSON

/// `volley drift [--client ID] [--kind KIND] [--closed | --all]`.
struct DriftCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        var query = "?limit=\(arguments.take("limit") ?? "100")"
        if let client = arguments.take("client") { query += "&client_id=\(client)" }
        if let kind = arguments.take("kind") { query += "&kind=\(kind)" }
        if arguments.has("all") {
            query += "&status=all"
        } else if arguments.has("closed") {
            query += "&status=closed"
        }
        try arguments.finish()
        let page = try await door.open().get("/api/v1/reconciliation" + query)
        terminal.line(
            terminal.isJSON
                ? String(decoding: page.serialized(), as: UTF8.self)
                : Self.table(page["drift"]?.array ?? [])
        )
        return ExitStatus.done
    }

    private static func table(_ rows: [JSONValue]) -> String {
        var table = Table(
            ["kind", "client", "order", "subject", "ours", "theirs", "since", "closed"],
            numeric: [1, 2]
        )
        for row in rows {
            let text: (String) -> String = { row[$0]?.string ?? "" }
            table.add([
                text("kind"), "\(row["client_id"]?.int64 ?? 0)",
                row["order_id"]?.int64.map { "\($0)" } ?? "", text("subject"),
                side(row["ours"]), side(row["theirs"]), String(text("opened_at").prefix(19)),
                String(text("closed_at").prefix(19)),
            ])
        }
        return table.text
    }

    /// `FILLED 10/10`, or a plain quantity of shares.
    private static func side(_ side: JSONValue?) -> String {
        if let cash = side?["cash"]?.string { return cash }
        guard let side, let quantity = side["quantity"]?.int64 else { return "nothing" }
        guard let filled = side["filled_quantity"]?.int64 else { return "\(quantity)" }
        return "\(side["state"]?.string ?? "") \(filled)/\(quantity)"
    }
}
