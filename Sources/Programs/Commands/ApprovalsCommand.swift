import JSON

/// `volley approvals [list]`, `volley approvals approve|reject TASK [--reason TEXT]`.
struct ApprovalsCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let person: LoginDoor.Person = arguments.has("admin") ? .admin : .trader
        let verb = arguments.words.isEmpty ? "list" : try arguments.word("list, approve or reject")
        guard ["approve", "reject"].contains(verb) else {
            guard verb == "list" else {
                throw UsageError("approvals takes list, approve or reject, not \(verb)")
            }
            try arguments.finish()
            return try await list(try await door.open(as: person))
        }
        let word = try arguments.word("the task id")
        guard let task = Int64(word), task > 0 else {
            throw UsageError("the task id must be a number")
        }
        var body = JSONObject()
        if let reason = arguments.take("reason") {
            _ = body.append("reason", .string(reason))
        } else if verb == "reject" {
            throw UsageError("say why: --reason TEXT")
        }
        try arguments.finish()
        let api = try await door.open(as: person)
        let answer = try await api.send(
            "POST",
            "/api/v1/approvals/\(task)/\(verb)",
            .object(body)
        )
        terminal.line(
            terminal.isJSON
                ? String(decoding: answer.serialized(), as: UTF8.self)
                : "task \(task) is \(answer["state"]?.string ?? "")"
        )
        return ExitStatus.done
    }

    private func list(_ api: APIClient) async throws -> Int32 {
        let answer = try await api.get("/api/v1/approvals")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(["task", "maker", "trade", "clients", "at most", "expires"])
        for waiting in answer["approvals"]?.array ?? [] {
            let trade = waiting["trade"]
            let text: (JSONValue?) -> String = { $0?.string ?? $0?.number?.text ?? "" }
            let legs = waiting["basket_legs"]?.array ?? []
            let words = (legs.isEmpty ? [trade].compactMap(\.self) : legs)
                .map { text($0["side"]) + " " + text($0["symbol"]) }
            table.add([
                text(trade?["task_id"]), text(waiting["maker_name"]),
                words.joined(separator: ", "), text(waiting["clients"]),
                text(waiting["largest_amount"]), String(text(waiting["expires_at"]).prefix(19)),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }
}
