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
        return try await Self.follow(answer, arguments.has("watch"), terminal, api)
    }

    /// Says what became of a submit, or watches it to its end.
    static func follow(
        _ answer: JSONValue,
        _ watches: Bool,
        _ terminal: Terminal,
        _ api: APIClient
    ) async throws -> Int32 {
        guard let task = answer["task_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no task")
        }
        guard watches else {
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
    static func body(_ arguments: inout Arguments) throws(UsageError) -> JSONObject {
        var body = try terms(&arguments)
        if let group = arguments.take("group") { put(&body, "group", .string(group)) }
        if let clients = arguments.take("clients") {
            put(&body, "clients", try Self.clients(clients))
        }
        return body
    }

    /// Symbol, side and the options that say what is traded and how much.
    static func terms(_ arguments: inout Arguments) throws(UsageError) -> JSONObject {
        let symbol = try arguments.word("the symbol")
        let side = try arguments.word("buy or sell")
        guard ["buy", "sell"].contains(side.lowercased()) else {
            throw UsageError("the side must be buy or sell, not \(side)")
        }
        var body = JSONObject()
        put(&body, "symbol", .string(symbol))
        put(&body, "side", .string(side.uppercased()))
        let options = [
            ("percent", "percent"), ("amount", "amount"), ("cap-percent", "cap_percent"),
            ("type", "order_type"), ("product", "product"), ("validity", "validity"),
            ("price", "price"), ("trigger", "trigger_price"), ("exchange", "exchange"),
            ("on-doubt", "on_doubt"),
        ]
        for (option, field) in options {
            if let value = arguments.take(option) { put(&body, field, .string(value)) }
        }
        if let quantity = arguments.take("quantity") {
            guard let number = Int64(quantity) else {
                throw UsageError("--quantity must be a whole number")
            }
            put(&body, "quantity", .integer(number))
        }
        if arguments.has("exact") { put(&body, "exact", .bool(true)) }
        return body
    }

    private static func put(_ object: inout JSONObject, _ key: String, _ value: JSONValue) {
        _ = object.append(key, value)
    }

    /// `all`, or ids separated by commas.
    static func clients(_ text: String) throws(UsageError) -> JSONValue {
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
