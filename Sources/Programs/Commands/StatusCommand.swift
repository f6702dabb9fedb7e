import JSON

/// `volley status TASK [--watch]`.
struct StatusCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let task = try Self.task(&arguments)
        try arguments.finish()
        let api = try await door.open()
        if arguments.has("watch") { return try await TaskWatch(terminal).watch(task, api) }
        let status = try await api.get("/api/v1/bulk-trades/\(task)")
        terminal.line(
            terminal.isJSON
                ? String(decoding: status.serialized(), as: UTF8.self) : TaskWatch.table(status)
        )
        return status["state"]?.string == "COMPLETE" ? TaskWatch.exitStatus(status) : 0
    }

    static func task(_ arguments: inout Arguments) throws(UsageError) -> Int64 {
        let word = try arguments.word("the task id")
        guard let task = Int64(word), task > 0 else {
            throw UsageError("a task id is a number, not \(word)")
        }
        return task
    }
}

/// `volley tasks`: the newest bulk trades.
struct TasksCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let limit = arguments.take("limit") ?? "20"
        try arguments.finish()
        let page = try await door.open().get("/api/v1/bulk-trades?limit=\(limit)")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(["task", "state", "side", "symbol", "type", "accepted"], numeric: [0])
        for trade in page["bulk_trades"]?.array ?? [] {
            let text: (String) -> String = { trade[$0]?.string ?? "" }
            table.add([
                "\(trade["task_id"]?.int64 ?? 0)", text("state"), text("side"), text("symbol"),
                text("order_type"), String(text("accepted_at").prefix(19)),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }
}
