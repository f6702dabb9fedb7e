import JSON

/// `volley submit SYMBOL buy|sell …`: submits a bulk trade, and watches it where asked to.
struct SubmitCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let body = try Self.body(&arguments)
        let key = arguments.take("key") ?? Self.freshKey()
        let trader = arguments.take("trader").map { "?trader_id=\($0)" } ?? ""
        try arguments.finish()

        let api = try await door.open(as: trader.isEmpty ? .trader : .admin)
        let answer = try await api.sendSurely(
            "/api/v1/bulk-trades" + trader,
            .object(body),
            key: key
        )
        return try await follow(answer, arguments, api)
    }

    /// Says which task it became, or watches it.
    func follow(_ answer: JSONValue, _ arguments: Arguments, _ api: APIClient) async throws -> Int32
    {
        guard let task = answer["task_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no task")
        }
        guard arguments.has("watch") else {
            terminal.isJSON
                ? terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
                : terminal.line(
                    "task \(task) is accepted; watch it with: volley status \(task) --watch"
                )
            return ExitStatus.done
        }
        return try await TaskWatch(terminal).watch(task, api)
    }

    /// What a bulk trade asks for, from the words and options of the command line.
    static func body(_ arguments: inout Arguments) throws -> JSONObject {
        let symbol = try arguments.word("the symbol")
        let side = try arguments.word("buy or sell")
        guard ["buy", "sell"].contains(side.lowercased()) else {
            throw UsageError("the side must be buy or sell, not \(side)")
        }
        var body = JSONObject()
        Self.put(&body, "symbol", .string(symbol))
        Self.put(&body, "side", .string(side.uppercased()))
        let options = [
            ("percent", "percent"), ("amount", "amount"), ("cap-percent", "cap_percent"),
            ("type", "order_type"), ("product", "product"), ("validity", "validity"),
            ("price", "price"), ("trigger", "trigger_price"), ("exchange", "exchange"),
            ("group", "group"), ("on-doubt", "on_doubt"),
        ]
        for (option, field) in options {
            if let value = arguments.take(option) { Self.put(&body, field, .string(value)) }
        }
        if let quantity = arguments.take("quantity") {
            guard let number = Int64(quantity) else {
                throw UsageError("--quantity must be a whole number")
            }
            Self.put(&body, "quantity", .integer(number))
        }
        if arguments.has("exact") { Self.put(&body, "exact", .bool(true)) }
        if let clients = arguments.take("clients") {
            Self.put(&body, "clients", try Self.clients(clients))
        }
        return body
    }

    private static func put(_ object: inout JSONObject, _ key: String, _ value: JSONValue) {
        _ = object.append(key, value)
    }

    /// `all`, or ids separated by commas.
    private static func clients(_ text: String) throws(UsageError) -> JSONValue {
        guard text != "all" else { return "all" }
        var ids: [JSONValue] = []
        for word in text.split(separator: ",") {
            guard let id = Int64(word) else {
                throw UsageError("--clients must be all, or ids separated by commas")
            }
            ids.append(.integer(id))
        }
        return .array(ids)
    }

    /// A key that nobody has used.
    static func freshKey() -> String {
        var random = SystemRandomNumberGenerator()
        return "cli-" + String(random.next(), radix: 36) + String(random.next(), radix: 36)
    }
}
