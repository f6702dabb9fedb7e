import JSON

/// `volley basket --file legs.csv [--sequence sells_first] …`: submits several legs as one.
struct BasketCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        if !arguments.words.isEmpty { return try await show(&arguments, door) }
        guard let file = arguments.take("file") else {
            throw UsageError("name the legs: --file legs.csv")
        }
        var body = JSONObject()
        _ = body.append("legs", .array(try Self.legs(Self.read(file))))
        for (option, field) in [
            ("sequence", "sequence"), ("on-refusal", "on_refusal"), ("group", "group"),
            ("on-doubt", "on_doubt"),
        ] {
            if let value = arguments.take(option) { _ = body.append(field, .string(value)) }
        }
        if let clients = arguments.take("clients") {
            _ = body.append("clients", try SubmitCommand.clients(clients))
        }
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        let trader = arguments.take("trader").map { "?trader_id=\($0)" } ?? ""
        try arguments.finish()
        let api = try await door.open(as: trader.isEmpty ? .trader : .admin)
        let answer = try await api.sendSurely("/api/v1/baskets" + trader, .object(body), key: key)
        guard let id = answer["basket_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no basket")
        }
        guard arguments.has("watch") else { return say(answer) }
        return try await watch(id, api)
    }

    private func show(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let word = try arguments.word("the basket's id")
        guard let id = Int64(word), id > 0 else {
            throw UsageError("a basket's id is a number, not \(word)")
        }
        try arguments.finish()
        let api = try await door.open()
        if arguments.has("watch") { return try await watch(id, api) }
        return say(try await api.get("/api/v1/baskets/\(id)"))
    }

    private func watch(_ id: Int64, _ api: APIClient) async throws -> Int32 {
        while true {
            let answer = try await api.get("/api/v1/baskets/\(id)")
            let state = answer["state"]?.string
            // One that waits for somebody else may do so for long: that is for the caller to know.
            if state != "RUNNING" { return say(answer) }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    private func say(_ answer: JSONValue) -> Int32 {
        let legs = answer["legs"]?.array ?? []
        if terminal.isJSON {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
        } else {
            var table = Table(
                ["leg", "task", "side", "symbol", "state", "success", "failed", "skipped"],
                numeric: [0, 1, 5, 6, 7]
            )
            for leg in legs {
                let count: (String) -> String = { "\(leg["counts"]?[$0]?.int64 ?? 0)" }
                table.add([
                    "\(leg["leg"]?.int64 ?? 0)", "\(leg["task_id"]?.int64 ?? 0)",
                    leg["side"]?.string ?? "", leg["symbol"]?.string ?? "",
                    leg["state"]?.string ?? "", count("success"), count("failed"),
                    count("skipped"),
                ])
            }
            terminal.line("basket \(answer["basket_id"]?.int64 ?? 0)\n" + table.text)
        }
        let hasFailed = legs.contains { ($0["counts"]?["failed"]?.int64 ?? 0) > 0 }
        return hasFailed ? ExitStatus.someFailed : ExitStatus.done
    }

    private static func read(_ file: String) throws(UsageError) -> String {
        guard let bytes = ClientsCommand.read(file) else {
            throw UsageError("\(file) cannot be read")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Legs of a CSV file, whose first line names the API's fields: `symbol,side,percent,price,…`.
    static func legs(_ text: String) throws(UsageError) -> [JSONValue] {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        guard let header = lines.first, lines.count > 1 else {
            throw UsageError("the file needs a line of names and one for each leg")
        }
        var legs: [JSONValue] = []
        for (number, line) in lines.dropFirst().enumerated() {
            guard line.count == header.count, !line.contains(where: { $0.contains("\"") }) else {
                throw UsageError("leg \(number + 1) does not have the header's columns")
            }
            var leg = JSONObject()
            for (name, cell) in zip(header, line) where !cell.isEmpty {
                let value: JSONValue =
                    switch (name, Int64(cell)) {
                    case ("quantity", let quantity?): .integer(quantity)
                    case ("exact", _): .bool(cell == "true")
                    default: .string(cell)
                    }
                guard leg.append(name, value) else {
                    throw UsageError("the header names \(name) twice")
                }
            }
            legs.append(.object(leg))
        }
        return legs
    }
}
