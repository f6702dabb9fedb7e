import JSON

/// `volley orders place|list|show|modify`: one client's orders, one at a time.
struct SingleOrdersCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ action: String, _ arguments: inout Arguments, _ door: LoginDoor) async throws
        -> Int32
    {
        switch action {
        case "place": try await place(&arguments, door)
        case "list": try await list(&arguments, door)
        case "show": try await show(&arguments, door)
        default: try await modify(&arguments, door)
        }
    }

    // MARK: Place

    private func place(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let client = try Self.id(&arguments, "client")
        let body = try SubmitCommand.terms(&arguments)
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        try arguments.finish()
        let api = try await door.open()
        let answer = try await api.sendSurely(
            "/api/v1/clients/\(client)/orders",
            .object(body),
            key: key
        )
        guard let task = answer["task_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no task")
        }
        if arguments.has("watch") { return try await TaskWatch(terminal).watch(task, api) }
        guard !terminal.isJSON else {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        let order = answer["order_id"]?.int64
        terminal.line(
            order.map { "order \($0) is accepted; see it with: volley orders show \($0)" }
                ?? "task \(task) is accepted; watch it with: volley status \(task) --watch"
        )
        return ExitStatus.done
    }

    // MARK: List and show

    private func list(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let client = try Self.id(&arguments, "client")
        var query = "limit=\(arguments.take("limit") ?? "50")"
        for option in ["state", "from", "to", "after"] {
            if let value = arguments.take(option) { query += "&\(option)=\(value)" }
        }
        try arguments.finish()
        let page = try await door.open().get("/api/v1/clients/\(client)/orders?\(query)")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(
            [
                "order", "task", "accepted", "side", "symbol", "type", "quantity", "price",
                "filled", "average", "state", "reason",
            ],
            numeric: [0, 1, 6, 7, 8, 9]
        )
        for row in page["orders"]?.array ?? [] {
            let text: (String) -> String = { row[$0]?.string ?? "" }
            let number: (String) -> String = { "\(row[$0]?.int64 ?? 0)" }
            table.add([
                number("order_id"), number("task_id"), String(text("accepted_at").prefix(19)),
                text("side"), text("symbol"), text("order_type"), number("quantity"),
                text("price"), number("filled_quantity"), text("average_price"), text("state"),
                text("reason_code"),
            ])
        }
        terminal.line(table.text)
        if let next = page["next"]?.string { terminal.line("more with: --after \(next)") }
        return ExitStatus.done
    }

    private func show(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let id = try Self.id(&arguments, "order")
        try arguments.finish()
        let order = try await door.open().get("/api/v1/orders/\(id)")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: order.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        let text: (String) -> String = { order[$0]?.string ?? "" }
        let price = order["price"]?.string.map { " @ ₹\($0)" } ?? ""
        terminal.line(
            """
            order \(id)  \(text("side")) \(text("symbol")) x\(order["quantity"]?.int64 ?? 0) \
            \(text("order_type"))\(price)  \(text("state"))
            client \(text("client_code")) at \(text("broker")), filled \
            \(order["filled_quantity"]?.int64 ?? 0), held ₹\(text("held_amount"))
            """
        )
        var table = Table(["at", "event", ""], numeric: [])
        for event in order["events"]?.array ?? [] {
            table.add([
                String((event["at"]?.string ?? "").prefix(23)), event["event"]?.string ?? "",
                event["detail"]?.string ?? "",
            ])
        }
        terminal.line(table.text)
        let slices = order["slices"]?.array ?? []
        if !slices.isEmpty { terminal.line("\n" + Self.table(of: slices)) }
        return ExitStatus.done
    }

    /// The orders that one was cut into, this one among them.
    private static func table(of slices: [JSONValue]) -> String {
        var table = Table(
            ["slice", "order", "quantity", "filled", "state", "reason"],
            numeric: [0, 1, 2, 3]
        )
        for row in slices {
            table.add([
                row.number("slice"), row.number("order_id"), row.number("quantity"),
                row.number("filled_quantity"), row.text("state"), row.text("reason_code"),
            ])
        }
        return table.text
    }

    // MARK: Modify

    private func modify(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let id = try Self.id(&arguments, "order")
        var body = JSONObject()
        if let quantity = arguments.take("quantity") {
            guard let number = Int64(quantity) else {
                throw UsageError("--quantity must be a whole number")
            }
            _ = body.append("quantity", .integer(number))
        }
        for (option, field) in [
            ("price", "price"), ("trigger", "trigger_price"), ("type", "order_type"),
        ] {
            if let value = arguments.take(option) { _ = body.append(field, .string(value)) }
        }
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        try arguments.finish()
        let api = try await door.open()
        var change = try await api.sendSurely(
            "/api/v1/orders/\(id)",
            .object(body),
            key: key,
            method: "PATCH"
        )
        guard let number = change["modification_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no change")
        }
        while arguments.has("watch"), change["is_over"]?.bool == false {
            try await Task.sleep(for: .milliseconds(300))
            change = try await api.get("/api/v1/modifications/\(number)")
        }
        terminal.line(
            terminal.isJSON
                ? String(decoding: change.serialized(), as: UTF8.self) : Self.line(change, number)
        )
        let isDone = ["APPLIED", "ASKED", "SENDING", "UNKNOWN"].contains(
            change["state"]?.string ?? ""
        )
        return isDone ? ExitStatus.done : ExitStatus.someFailed
    }

    private static func line(_ change: JSONValue, _ number: Int64) -> String {
        let words = change["broker_message"]?.string.map { " (\($0))" } ?? ""
        let released = change["released_amount"]?.string ?? "0.00"
        return "change \(number)  \(change["state"]?.string ?? "")  "
            + "\(change["meaning"]?.string ?? "")\(words)  released ₹\(released)"
    }

    private static func id(_ arguments: inout Arguments, _ what: String) throws(UsageError)
        -> Int64
    {
        let word = try arguments.word("the \(what) id")
        guard let id = Int64(word), id > 0 else {
            throw UsageError("a \(what) id is a number, not \(word)")
        }
        return id
    }
}
