import JSON

/// `volley cancel task 7 | order 17 | client 12 | symbol RELIANCE | everything`.
struct CancelCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let scope = try arguments.word("task, order, client, symbol or everything")
        var body = JSONObject()
        var path = "/api/v1/cancels"
        switch scope {
        case "task": path = "/api/v1/bulk-trades/\(try Self.id(&arguments, "task"))/cancel"
        case "order": path = "/api/v1/orders/\(try Self.id(&arguments, "order"))/cancel"
        case "client":
            _ = body.append("scope", "client")
            _ = body.append("client_id", .integer(try Self.id(&arguments, "client")))
        case "symbol":
            _ = body.append("scope", "symbol")
            _ = body.append("symbol", .string(try arguments.word("the symbol")))
            if let exchange = arguments.take("exchange") {
                _ = body.append("exchange", .string(exchange))
            }
        case "everything": _ = body.append("scope", "everything")
        default:
            throw UsageError("cancel takes task, order, client, symbol or everything, not \(scope)")
        }
        var person = LoginDoor.Person.trader
        if ["symbol", "everything"].contains(scope), let trader = arguments.take("trader") {
            // All traders' orders are the admin's to cancel, and so is another's.
            person = .admin
            if trader != "all" {
                guard let id = Int64(trader), id > 0 else {
                    throw UsageError("--trader must be an id, or all")
                }
                _ = body.append("trader_id", .integer(id))
            }
        }
        if let why = arguments.take("why") { _ = body.append("reason", .string(why)) }
        let key = arguments.take("key") ?? SubmitCommand.freshKey()
        try arguments.finish()

        let api = try await door.open(as: person)
        let answer = try await api.sendSurely(path, .object(body), key: key)
        guard let id = answer["cancellation_id"]?.int64 else {
            throw APIClient.Failure.unreachable("the answer names no cancellation")
        }
        if arguments.has("watch") { return try await CancelWatch(terminal).watch(id, api) }
        terminal.line(
            terminal.isJSON
                ? String(decoding: answer.serialized(), as: UTF8.self)
                : CancelWatch.table(answer) + "\nwatch it with: volley cancels \(id) --watch"
        )
        return ExitStatus.done
    }

    static func id(_ arguments: inout Arguments, _ what: String) throws(UsageError)
        -> Int64
    {
        let word = try arguments.word("the \(what) id")
        guard let id = Int64(word), id > 0 else {
            throw UsageError("a \(what) id is a number, not \(word)")
        }
        return id
    }
}

/// `volley cancels`: the newest; `volley cancels ID [--watch]`: one, with its orders.
struct CancelsCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        guard !arguments.words.isEmpty else { return try await list(&arguments, door) }
        let word = try arguments.word("the cancellation's id")
        guard let id = Int64(word), id > 0 else {
            throw UsageError("a cancellation's id is a number, not \(word)")
        }
        let result = arguments.take("result").map { "&result=\($0)" } ?? ""
        try arguments.finish()
        let api = try await door.open()
        if arguments.has("watch") { return try await CancelWatch(terminal).watch(id, api) }
        let path = "/api/v1/cancels/\(id)?limit=1000\(result)"
        var answer = try await api.get(path)
        let orders = try await api.pages(path, "orders")
        if var all = answer.object {
            all["orders"] = .array(orders)
            all["next"] = .null
            answer = .object(all)
        }
        terminal.line(
            terminal.isJSON
                ? String(decoding: answer.serialized(), as: UTF8.self)
                : CancelWatch.table(answer) + "\n\n" + CancelWatch.orders(orders)
        )
        return CancelWatch.exitStatus(answer)
    }

    private func list(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let limit = arguments.take("limit") ?? "20"
        try arguments.finish()
        let page = try await door.open().get("/api/v1/cancels?limit=\(limit)")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: page.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(["cancellation", "scope", "of", "asked"], numeric: [0, 2])
        for row in page["cancels"]?.array ?? [] {
            let subject = ["task_id", "order_id", "client_id", "instrument_id"]
                .compactMap { row[$0]?.int64 }.first
            table.add([
                "\(row["cancellation_id"]?.int64 ?? 0)", row["scope"]?.string ?? "",
                subject.map { "\($0)" } ?? "", String((row["asked_at"]?.string ?? "").prefix(19)),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }
}
