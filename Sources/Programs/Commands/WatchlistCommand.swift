import JSON

/// `volley watchlist [list] | show ID | create NAME [SYMBOL …] | set ID SYMBOL … | rename ID NAME |
/// delete ID`, and `volley instruments search TEXT [--limit N] | depth SYMBOL`.
struct WatchlistCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let path = "/api/v1/watchlists"
        guard !arguments.words.isEmpty else { return try await list(path, &arguments, door) }
        switch try arguments.word("list, show, create, set, rename or delete") {
        case "list": return try await list(path, &arguments, door)
        case "show":
            let id = try Self.id(&arguments)
            try arguments.finish()
            return show(try await door.open().get(path + "/" + id), in: "items")
        case "create":
            let name = try arguments.word("a name")
            let body = Self.body(name: name, symbols: try Self.words(&arguments))
            return show(try await door.open().send("POST", path, body), in: "items")
        case "set":
            let id = try Self.id(&arguments)
            let body = Self.body(symbols: try Self.words(&arguments))
            return show(try await door.open().send("PATCH", path + "/" + id, body), in: "items")
        case "rename":
            let id = try Self.id(&arguments)
            let body = Self.body(name: try arguments.word("a name"))
            try arguments.finish()
            return show(try await door.open().send("PATCH", path + "/" + id, body), in: "items")
        case "delete":
            let id = try Self.id(&arguments)
            try arguments.finish()
            _ = try await door.open().send("DELETE", path + "/" + id, .object(JSONObject()))
            if !terminal.isJSON { terminal.line("deleted") }
            return ExitStatus.done
        case let word: throw UsageError("volley watchlist knows no \(word)")
        }
    }

    /// `volley instruments search TEXT | depth SYMBOL`.
    func instruments(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        switch try arguments.word("search or depth") {
        case "search": return try await search(&arguments, door)
        case "depth": return try await DepthCommand(terminal).run(&arguments, door)
        case let word: throw UsageError("volley instruments knows no \(word)")
        }
    }

    private func search(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let limit = ClientsCommand.escaped(arguments.take("limit") ?? "20")
        let words = try Self.words(&arguments)
        if words.isEmpty { throw UsageError("say what to search for") }
        let text = ClientsCommand.escaped(words.joined(separator: " "))
        let answer = try await door.open().get("/api/v1/instruments?q=\(text)&limit=\(limit)")
        return show(answer, in: "instruments")
    }

    private func list(_ path: String, _ arguments: inout Arguments, _ door: LoginDoor)
        async throws -> Int32
    {
        try arguments.finish()
        let answer = try await door.open().get(path)
        guard !terminal.isJSON else { return asJSON(answer) }
        var table = Table(["id", "name", "instruments", "changed"], numeric: [0, 2])
        for row in answer["watchlists"]?.array ?? [] {
            table.add([
                row.number("watchlist_id"), row.text("name"), row.number("count"),
                String(row.text("updated_at").prefix(19)),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }

    private func show(_ answer: JSONValue, in name: String) -> Int32 {
        guard !terminal.isJSON else { return asJSON(answer) }
        if let id = answer["watchlist_id"]?.int64 {
            terminal.line("watchlist \(id): \(answer.text("name"))")
        }
        var table = Table(
            ["symbol", "exch", "name", "price", "age", "change %", "high", "low", "volume", "mtf"],
            numeric: [3, 4, 5, 6, 7, 8, 9]
        )
        for row in answer[name]?.array ?? [] {
            table.add([
                row.text("symbol"), row.text("exchange"), String(row.text("name").prefix(32)),
                row.text("last_price"), row.number("price_age_seconds"),
                row.text("change_percent"), row.text("high"), row.text("low"),
                row.number("volume"), row.text("mtf_amount"),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }

    private func asJSON(_ answer: JSONValue) -> Int32 {
        terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
        return ExitStatus.done
    }

    private static func id(_ arguments: inout Arguments) throws(UsageError) -> String {
        ClientsCommand.escaped(try arguments.word("a watchlist's id"))
    }

    /// All words that are left; nothing else may be.
    private static func words(_ arguments: inout Arguments) throws(UsageError) -> [String] {
        var words: [String] = []
        while !arguments.words.isEmpty { words.append(try arguments.word("a word")) }
        try arguments.finish()
        return words
    }

    private static func body(name: String? = nil, symbols: [String]? = nil) -> JSONValue {
        var body = JSONObject()
        if let name { _ = body.append("name", .string(name)) }
        if let symbols { _ = body.append("symbols", .array(symbols.map(JSONValue.string))) }
        return .object(body)
    }
}
