import JSON

/// `volley orders unknown`, `volley orders decide ID placed|not-placed|ended --reason TEXT`; and `place`,
/// `list`, `show` and `modify`, which are in `SingleOrdersCommand`.
struct OrdersCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let action = try arguments.word("place, list, show, modify, unknown or decide")
        switch action {
        case "unknown":
            try arguments.finish()
            return try await list(door)
        case "decide": return try await decide(&arguments, door)
        case "place", "list", "show", "modify":
            return try await SingleOrdersCommand(terminal).run(action, &arguments, door)
        default:
            throw UsageError(
                "orders takes place, list, show, modify, unknown or decide, not \(action)"
            )
        }
    }

    private func list(_ door: LoginDoor) async throws -> Int32 {
        let api = try await door.open()
        var orders: [JSONValue] = []
        var after = ""
        while true {
            let page = try await api.get("/api/v1/orders/unknown?limit=1000\(after)")
            orders += page["orders"]?.array ?? []
            guard let next = page["next"]?.int64 else { break }
            after = "&after=\(next)"
        }
        terminal.line(
            terminal.isJSON
                ? String(decoding: JSONValue.array(orders).serialized(), as: UTF8.self)
                : Self.table(orders)
        )
        return ExitStatus.done
    }

    private static func table(_ orders: [JSONValue]) -> String {
        var table = Table(
            [
                "order", "task", "client", "broker", "side", "symbol", "quantity", "held",
                "reference", "since", "looks", "last answer",
            ],
            numeric: [0, 1, 6, 7, 10]
        )
        for order in orders {
            let text: (String) -> String = { order[$0]?.string ?? "" }
            let doubt = order["unknown"] ?? .null
            table.add([
                "\(order["order_id"]?.int64 ?? 0)", "\(order["task_id"]?.int64 ?? 0)",
                text("client_code"), text("broker"), text("side"), text("symbol"),
                "\(order["quantity"]?.int64 ?? 0)", text("held_amount"),
                doubt["reference"]?.string ?? "",
                String((doubt["since"]?.string ?? "").prefix(19)),
                "\(doubt["looks"]?.int64 ?? 0)",
                doubt["last_answer"]?.string ?? doubt["outcome"]?.string ?? "",
            ])
        }
        return table.text
    }

    private func decide(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let word = try arguments.word("the order id")
        guard let id = Int64(word), id > 0 else {
            throw UsageError("an order id is a number, not \(word)")
        }
        let verdict = try arguments.word("placed, not-placed or ended")
        guard ["placed", "not-placed", "ended"].contains(verdict) else {
            throw UsageError("the decision must be placed, not-placed or ended, not \(verdict)")
        }
        guard let reason = arguments.take("reason") else {
            throw UsageError("--reason must say how this is known")
        }
        let brokerOrderID = arguments.take("broker-order-id")
        try arguments.finish()
        guard (verdict == "placed") == (brokerOrderID != nil) else {
            throw UsageError("--broker-order-id goes with placed, and placed needs it")
        }
        var body = JSONObject()
        _ = body.append("decision", .string(verdict == "not-placed" ? "not_placed" : verdict))
        if let brokerOrderID { _ = body.append("broker_order_id", .string(brokerOrderID)) }
        _ = body.append("reason", .string(reason))
        let answer = try await door.open(as: .admin).send(
            "POST",
            "/api/v1/orders/\(id)/decision",
            .object(body)
        )
        terminal.line(
            terminal.isJSON
                ? String(decoding: answer.serialized(), as: UTF8.self)
                : "order \(id) is \(answer["state"]?.string ?? "decided")"
        )
        return ExitStatus.done
    }
}
