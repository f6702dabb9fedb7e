import JSON

/// `volley alerts [--closed | --all] [--limit N]`, and `volley alerts ack ID`.
struct AlertsCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        guard arguments.words.isEmpty else { return try await acknowledge(&arguments, door) }
        let limit = ClientsCommand.escaped(arguments.take("limit") ?? "100")
        try arguments.finish()
        let status = arguments.has("all") ? "all" : arguments.has("closed") ? "closed" : "open"
        let page = try await door.open().get("/api/v1/alerts?status=\(status)&limit=\(limit)")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(
            ["alert", "kind", "client", "since", "seen by", "what"],
            numeric: [0, 2]
        )
        for row in page["alerts"]?.array ?? [] {
            table.add([
                row.number("id"), row.text("kind"), row.number("client_id"),
                String(row.text("opened_at").prefix(19)), row.number("acknowledged_by"),
                row.text("text"),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }

    private func acknowledge(_ arguments: inout Arguments, _ door: LoginDoor) async throws
        -> Int32
    {
        let verb = try arguments.word("ack")
        guard verb == "ack" else { throw UsageError("alerts takes ack ID, not \(verb)") }
        let id = ClientsCommand.escaped(try arguments.word("the alert's id"))
        try arguments.finish()
        let answer = try await door.open().send(
            "POST",
            "/api/v1/alerts/\(id)/ack",
            .object(JSONObject())
        )
        terminal.line(
            terminal.isJSON
                ? String(decoding: answer.serialized(), as: UTF8.self)
                : "alert \(answer.number("id")) was seen"
        )
        return ExitStatus.done
    }
}
