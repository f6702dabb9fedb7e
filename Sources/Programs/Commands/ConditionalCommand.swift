import JSON

/// `volley conditional place | list | show | change | cancel | look | decide`: orders that wait for a
/// price.
struct ConditionalCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let action = try arguments.word("place, list, show, change, cancel, look or decide")
        switch action {
        case "place": return try await place(&arguments, door)
        case "list": return try await list(&arguments, door)
        case "show", "change", "cancel": return try await one(action, &arguments, door)
        case "look": return try await look(&arguments, door)
        case "decide": return try await decide(&arguments, door)
        default:
            throw UsageError(
                "conditional takes place, list, show, change, cancel, look or decide, not \(action)"
            )
        }
    }

    /// What the broker lists now that might be it.
    private func look(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let id = try Self.id(&arguments, "conditional order")
        try arguments.finish()
        let answer = try await door.open().get("/api/v1/conditional-orders/\(id)/candidates")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(
            ["at the broker", "kind", "side", "quantity", "triggers", "status", "since", "alike"],
            numeric: [3]
        )
        for row in answer["candidates"]?.array ?? [] {
            let triggers = row["trigger_prices"]?.array?.compactMap(\.string) ?? []
            table.add([
                row["broker_conditional_id"]?.string ?? "", row["kind"]?.string ?? "",
                row["side"]?.string ?? "", "\(row["quantity"]?.int64 ?? 0)",
                triggers.joined(separator: " / "), row["status"]?.string ?? "",
                row["created_at"]?.string ?? "", row["is_alike"]?.bool == true ? "yes" : "",
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }

    /// `decide ID placed --broker-id X | not-placed | fired --broker-id ORDER`, `--reason TEXT`.
    private func decide(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let id = try Self.id(&arguments, "conditional order")
        let verdict = try arguments.word("placed, not-placed or fired")
        guard ["placed", "not-placed", "fired"].contains(verdict) else {
            throw UsageError("the decision must be placed, not-placed or fired, not \(verdict)")
        }
        guard let reason = arguments.take("reason") else {
            throw UsageError("--reason must say how this is known")
        }
        let brokerID = arguments.take("broker-id")
        try arguments.finish()
        guard (verdict == "not-placed") == (brokerID == nil) else {
            throw UsageError("--broker-id goes with placed and fired, and they need it")
        }
        var body = JSONObject()
        _ = body.append("decision", .string(verdict.replacing("-", with: "_")))
        if let brokerID { _ = body.append("broker_id", .string(brokerID)) }
        _ = body.append("reason", .string(reason))
        let api = try await door.open(as: .admin)
        show(
            try await api.send(
                "POST",
                "/api/v1/conditional-orders/\(id)/decision",
                .object(body)
            )
        )
        return ExitStatus.done
    }

    /// `place CLIENT single|oco|bracket BUY|SELL SYMBOL QUANTITY …`.
    private func place(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let client = try Self.id(&arguments, "client")
        var body = JSONObject()
        _ = body.append("kind", .string(try arguments.word("single, oco or bracket")))
        _ = body.append("side", .string(try arguments.word("BUY or SELL")))
        _ = body.append("symbol", .string(try arguments.word("the symbol")))
        _ = body.append("quantity", .string(try arguments.word("the quantity")))
        for name in ["exchange", "product"] {
            if let value = arguments.take(name) { _ = body.append(name, .string(value)) }
        }
        for (option, direction) in [("rises-to", "RISES_TO"), ("falls-to", "FALLS_TO")] {
            guard let price = arguments.take(option) else { continue }
            _ = body.append("direction", .string(direction))
            _ = body.append("trigger_price", .string(price))
        }
        Self.levels(&arguments, &body)
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        try arguments.finish()
        let api = try await door.open()
        let path = "/api/v1/clients/\(client)/conditional-orders"
        show(try await api.sendSurely(path, .object(body), key: key))
        return ExitStatus.done
    }

    private func list(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let client = arguments.take("client")
        let limit = arguments.take("limit") ?? "50"
        let state = arguments.take("state").map { "&state=\($0)" } ?? ""
        try arguments.finish()
        let base = client.map { "/api/v1/clients/\($0)/conditional-orders" }
        let page = try await door.open().get(
            (base ?? "/api/v1/conditional-orders") + "?limit=\(limit)\(state)"
        )
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(
            [
                "order", "client", "broker", "kind", "side", "quantity", "symbol", "waits for",
                "state",
            ],
            numeric: [0, 1, 5]
        )
        for row in page["conditional_orders"]?.array ?? [] { table.add(Self.row(row)) }
        terminal.line(table.text)
        return ExitStatus.done
    }

    private func one(_ action: String, _ arguments: inout Arguments, _ door: LoginDoor)
        async throws -> Int32
    {
        let path = "/api/v1/conditional-orders/\(try Self.id(&arguments, "conditional order"))"
        var body = JSONObject()
        if action == "change" {
            for (option, field) in [("quantity", "quantity"), ("trigger", "trigger_price")] {
                if let value = arguments.take(option) { _ = body.append(field, .string(value)) }
            }
            Self.levels(&arguments, &body)
        }
        try arguments.finish()
        let api = try await door.open()
        switch action {
        case "change": show(try await api.send("PATCH", path, .object(body)))
        case "cancel": show(try await api.send("DELETE", path, .object(JSONObject())))
        default: show(try await api.get(path))
        }
        return ExitStatus.done
    }

    /// `--price P`, `--target TRIGGER[:LIMIT]`, `--stop TRIGGER[:LIMIT]`, `--trail STEP`.
    private static func levels(_ arguments: inout Arguments, _ body: inout JSONObject) {
        if let price = arguments.take("price") { _ = body.append("price", .string(price)) }
        let trail = arguments.take("trail")
        for name in ["target", "stop"] {
            let given = arguments.take(name)
            guard given != nil || name == "stop" && trail != nil else { continue }
            var leg = JSONObject()
            let parts = (given ?? "").split(separator: ":", maxSplits: 1)
            if let trigger = parts.first {
                _ = leg.append("trigger_price", .string(String(trigger)))
            }
            if parts.count > 1 { _ = leg.append("price", .string(String(parts[1]))) }
            if name == "stop", let trail { _ = leg.append("trail", .string(trail)) }
            _ = body.append(name, .object(leg))
        }
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

    private func show(_ answer: JSONValue) {
        guard !terminal.isJSON else {
            return terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
        }
        let meaning = answer["broker_message"]?.string ?? answer["meaning"]?.string
        terminal.line(Self.row(answer).joined(separator: "  ") + (meaning.map { "\n" + $0 } ?? ""))
    }

    private static func row(_ row: JSONValue) -> [String] {
        let single = row["trigger_price"]?.string.map { price in
            (row["direction"]?.string == "RISES_TO" ? "≥ " : "≤ ") + price
        }
        let exits = [row["target"], row["stop"]].compactMap { $0?["trigger_price"]?.string }
        return [
            "\(row["conditional_order_id"]?.int64 ?? 0)", "\(row["client_id"]?.int64 ?? 0)",
            row["broker"]?.string ?? "", row["kind"]?.string ?? "", row["side"]?.string ?? "",
            "\(row["quantity"]?.int64 ?? 0)", row["symbol"]?.string ?? "",
            single ?? exits.joined(separator: " / "), row["state"]?.string ?? "",
        ]
    }
}
