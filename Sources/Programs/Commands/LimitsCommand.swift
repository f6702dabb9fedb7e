import JSON

/// `volley limits [--client ID] [--trader ID] [--set NAME=VALUE,… --why TEXT]`.
struct LimitsCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    private static let names = [
        "orders_per_minute", "position_percent", "max_order_value", "max_day_loss",
        "max_day_loss_percent",
    ]

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let client = arguments.take("client")
        let trader = arguments.take("trader")
        let wanted = arguments.take("set")
        let why = arguments.take("why")
        try arguments.finish()
        guard client == nil || Int64(client ?? "") != nil else {
            throw UsageError("--client must be an id")
        }
        let path =
            client.map { "/api/v1/clients/\($0)/limits" }
            ?? "/api/v1/limits" + (trader.map { "?trader_id=\($0)" } ?? "")
        let api = try await door.open(as: client == nil && trader != nil ? .admin : .trader)
        let answer: JSONValue
        if let wanted {
            var body = try Self.body(wanted)
            _ = body.append("why", .string(why ?? "by hand"))
            _ = try await api.send("PUT", path, .object(body))
        }
        answer = try await api.get(path)
        terminal.line(
            terminal.isJSON
                ? String(decoding: answer.serialized(), as: UTF8.self) : Self.table(answer)
        )
        return ExitStatus.done
    }

    /// `orders_per_minute=5,max_order_value=100000`, or `none`: all that is not named holds no more.
    private static func body(_ text: String) throws(UsageError) -> JSONObject {
        var body = JSONObject()
        guard text != "none" else { return body }
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, names.contains(parts[0]) else {
                throw UsageError(
                    "--set takes NAME=VALUE of " + names.joined(separator: ", ") + ", or none"
                )
            }
            _ = body.append(parts[0], .string(parts[1]))
        }
        return body
    }

    private static func table(_ answer: JSONValue) -> String {
        var table = Table(["limit", "set", "in force"], numeric: [1, 2])
        func word(_ value: JSONValue?) -> String {
            guard let value, !value.isNull else { return "none" }
            return value.string ?? value.number?.text ?? ""
        }
        for name in names {
            table.add([name, word(answer[name]), word(answer["effective"]?[name])])
        }
        return table.text
    }
}
