import JSON

/// `volley halt|resume SCOPE [SUBJECT] [--why TEXT]`, `volley halts`.
struct HaltCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ name: String, _ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32
    {
        if name == "halts" {
            try arguments.finish()
            return try await list(door)
        }
        let scope = try arguments.word("everything, broker, symbol, trader or client")
        var body: [(String, JSONValue)] = [("scope", .string(scope))]
        if !arguments.words.isEmpty {
            body.append(("subject", .string(try arguments.word("the subject"))))
        }
        let why = arguments.take("why")
        if name == "halt" { body.append(("why", .string(why ?? "by hand"))) }
        try arguments.finish()
        var object = JSONObject()
        for (key, value) in body { _ = object.append(key, value) }
        // Everything, whole brokers and symbols are the admin's to stop.
        let person: LoginDoor.Person =
            ["everything", "broker", "symbol"].contains(scope) ? .admin : .trader
        let api = try await door.open(as: person)
        _ = try await api.send(
            name == "halt" ? "POST" : "DELETE",
            "/api/v1/halts",
            .object(object)
        )
        if !terminal.isJSON { terminal.line(name == "halt" ? "halted" : "resumed") }
        return ExitStatus.done
    }

    private func list(_ door: LoginDoor) async throws -> Int32 {
        let answer = try await door.open().get("/api/v1/halts")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(["scope", "subject", "since", "why"])
        for halt in answer["halts"]?.array ?? [] {
            let text: (String) -> String = { halt[$0]?.string ?? "" }
            table.add([
                text("scope"), text("subject"), String(text("since").prefix(19)), text("why"),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }
}
