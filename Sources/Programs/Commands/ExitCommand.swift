import JSON

/// `volley exit client 12 | symbol RELIANCE | trader [ID]`, and `volley exits [ID]`.
struct ExitCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let scope = try arguments.word("client, symbol or trader")
        var body = JSONObject()
        _ = body.append("scope", .string(scope))
        var person = LoginDoor.Person.trader
        switch scope {
        case "client":
            _ = body.append("client_id", .integer(try Self.id(try arguments.word("the client id"))))
        case "symbol":
            _ = body.append("symbol", .string(try arguments.word("the symbol")))
            if let exchange = arguments.take("exchange") {
                _ = body.append("exchange", .string(exchange))
            }
        case "trader": break
        default: throw UsageError("exit takes client, symbol or trader, not \(scope)")
        }
        if let trader = arguments.take("trader") {
            person = .admin
            _ = body.append("trader_id", .integer(try Self.id(trader)))
        }
        if let product = arguments.take("product") {
            _ = body.append("product", .string(product))
        }
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        try arguments.finish()
        let api = try await door.open(as: person)
        let answer = try await api.sendSurely("/api/v1/exits", .object(body), key: key)
        guard let id = answer["exit_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no exit")
        }
        guard arguments.has("watch") else {
            terminal.line(
                terminal.isJSON
                    ? String(decoding: answer.serialized(), as: UTF8.self)
                    : "exit \(id) is accepted; watch it with: volley exits \(id) --watch"
            )
            return ExitStatus.done
        }
        return try await show(id, isWatching: true, api)
    }

    /// The newest exits, or one of them.
    func list(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        if !arguments.words.isEmpty {
            let id = try Self.id(try arguments.word("the exit's id"))
            try arguments.finish()
            return try await show(id, isWatching: arguments.has("watch"), try await door.open())
        }
        let limit = arguments.take("limit") ?? "20"
        try arguments.finish()
        let page = try await door.open().get("/api/v1/exits?limit=\(limit)")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(["exit", "scope", "of", "state", "asked"], numeric: [0, 2])
        for row in page["exits"]?.array ?? [] {
            let subject = ["client_id", "instrument_id", "trader_id"]
                .compactMap { row[$0]?.int64 }.first
            table.add([
                "\(row["exit_id"]?.int64 ?? 0)", row["scope"]?.string ?? "",
                subject.map { "\($0)" } ?? "", row["state"]?.string ?? "",
                String((row["asked_at"]?.string ?? "").prefix(19)),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }

    private func show(_ id: Int64, isWatching: Bool, _ api: APIClient) async throws -> Int32 {
        var status = try await api.get("/api/v1/exits/\(id)")
        while isWatching, status["state"]?.string != "COMPLETE" {
            try await Task.sleep(for: .milliseconds(300))
            status = try await api.get("/api/v1/exits/\(id)")
        }
        let sales = status["sales"]?.array ?? []
        let bad = sales.reduce(Int64(0)) { sum, sale in
            sum + (sale["counts"]?["failed"]?.int64 ?? 0) + (sale["counts"]?["unknown"]?.int64 ?? 0)
        }
        if terminal.isJSON {
            terminal.line(String(decoding: status.serialized(), as: UTF8.self))
        } else {
            terminal.line("exit \(id)  \(status["state"]?.string ?? "")")
            if let cancel = status["cancel"], !cancel.isNull {
                terminal.line(CancelWatch.table(cancel))
            }
            terminal.line(Self.table(sales))
        }
        return bad > 0 ? ExitStatus.someFailed : ExitStatus.done
    }

    private static func table(_ sales: [JSONValue]) -> String {
        var table = Table(
            [
                "task", "symbol", "product", "state", "orders", "success", "failed", "skipped",
                "sold",
            ],
            numeric: [0, 4, 5, 6, 7, 8]
        )
        for sale in sales {
            let count: (String) -> String = { "\(sale["counts"]?[$0]?.int64 ?? 0)" }
            table.add([
                "\(sale["task_id"]?.int64 ?? 0)", sale["symbol"]?.string ?? "",
                sale["product"]?.string ?? "", sale["state"]?.string ?? "", count("total"),
                count("success"), count("failed"),
                count("skipped"), "\(sale["filled_quantity"]?.int64 ?? 0)",
            ])
        }
        return table.text
    }

    private static func id(_ word: String) throws(UsageError) -> Int64 {
        guard let id = Int64(word), id > 0 else {
            throw UsageError("an id is a number, not \(word)")
        }
        return id
    }
}
