import JSON

/// `volley results TASK [--status failed,unknown] [--limit N]`: one row per client.
struct ResultsCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let task = try StatusCommand.task(&arguments)
        let status = arguments.take("status").map { "&status=\($0)" } ?? ""
        let most = arguments.take("limit").flatMap { Int($0) }
        try arguments.finish()
        let api = try await door.open()
        var rows: [JSONValue] = []
        var after = ""
        while true {
            let page = try await api.get(
                "/api/v1/bulk-trades/\(task)/results?limit=5000\(status)\(after)"
            )
            rows += page["results"]?.array ?? []
            guard let next = page["next"]?.int64, rows.count < most ?? .max else { break }
            after = "&after=\(next)"
        }
        if let most { rows = Array(rows.prefix(most)) }
        terminal.line(
            terminal.isJSON
                ? String(decoding: JSONValue.array(rows).serialized(), as: UTF8.self)
                : Self.table(rows)
        )
        return ExitStatus.done
    }

    static func table(_ rows: [JSONValue]) -> String {
        var table = Table(
            ["client", "status", "state", "broker", "quantity", "filled", "average", "reason"],
            numeric: [4, 5, 6]
        )
        for row in rows {
            let text: (String) -> String = { row[$0]?.string ?? "" }
            table.add([
                text("client_code"), text("status"), text("state"), text("broker"),
                "\(row["quantity"]?.int64 ?? 0)", "\(row["filled_quantity"]?.int64 ?? 0)",
                text("average_price"),
                [text("reason"), text("broker_message")].filter { !$0.isEmpty }
                    .joined(separator: " "),
            ])
        }
        return table.text
    }
}
