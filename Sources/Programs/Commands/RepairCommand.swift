import JSON

/// `volley repair TASK [--show]`: places what is proven not to have been placed, or shows it.
struct RepairCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let task = try CancelCommand.id(&arguments, "task")
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        try arguments.finish()
        let api = try await door.open()
        let path = "/api/v1/bulk-trades/\(task)/repair"
        if arguments.has("show") {
            let answer = try await api.get(path + "?limit=1000")
            let rows = try await api.pages(path + "?limit=1000", "orders")
            terminal.line(
                terminal.isJSON
                    ? String(decoding: answer.serialized(), as: UTF8.self) : Self.table(rows)
            )
            return ExitStatus.done
        }
        let answer = try await api.sendSurely(path, .object(JSONObject()), key: key)
        return try await SubmitCommand.follow(answer, arguments.has("watch"), terminal, api)
    }

    private static func table(_ rows: [JSONValue]) -> String {
        var table = Table(["client", "code", "state", "repair", "why"], numeric: [0])
        for row in rows {
            table.add([
                "\(row["client_id"]?.int64 ?? 0)", row["client_code"]?.string ?? "",
                row["state"]?.string ?? "", row["repair"]?.string ?? "",
                row["why"]?.string ?? "",
            ])
        }
        return table.text
    }
}

/// `volley undo TASK`: cancels what is open and shows what would be reversed; `--confirm PREFLIGHT` does it.
struct UndoCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let task = try CancelCommand.id(&arguments, "task")
        let confirm = arguments.take("confirm")
        try arguments.finish()
        let api = try await door.open()
        let path = "/api/v1/bulk-trades/\(task)/undo"
        if let confirm {
            var body = JSONObject()
            _ = body.append("preflight", .string(confirm))
            let answer = try await api.send("POST", path + "/confirm", .object(body))
            return try await SubmitCommand.follow(answer, arguments.has("watch"), terminal, api)
        }
        _ = try await api.send("POST", path, .object(JSONObject()))
        var answer = try await api.get(path + "?limit=1000")
        while arguments.has("watch"), answer["state"]?.string == "CANCELLING" {
            try await Task.sleep(for: .milliseconds(300))
            answer = try await api.get(path + "?limit=1000")
        }
        let rows = try await api.pages(path + "?limit=1000", "clients")
        terminal.line(
            terminal.isJSON
                ? String(decoding: answer.serialized(), as: UTF8.self)
                : Self.table(answer, rows, task)
        )
        return ExitStatus.done
    }

    private static func table(_ answer: JSONValue, _ rows: [JSONValue], _ task: Int64) -> String {
        var table = Table(
            ["client", "code", "filled", "sold since", "reserved", "to reverse"],
            numeric: [0, 2, 3, 4, 5]
        )
        for row in rows {
            let number: (String) -> String = { "\(row[$0]?.int64 ?? 0)" }
            table.add([
                number("client_id"), row["client_code"]?.string ?? "", number("filled_quantity"),
                number("sold_since"), number("reserved_quantity"), number("reverse_quantity"),
            ])
        }
        let state = answer["state"]?.string ?? ""
        let next =
            if let mark = answer["preflight"]?.string, state == "READY" {
                "\(answer["side"]?.string ?? "") \(answer["total_quantity"]?.int64 ?? 0) "
                    + "\(answer["symbol"]?.string ?? "") at the market with: "
                    + "volley undo \(task) --confirm \(mark)"
            } else if state == "CANCELLING" {
                "some orders may still change; look again with: volley undo \(task)"
            } else { state.lowercased() }
        return table.text + "\n" + next
    }
}
