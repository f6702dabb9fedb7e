import JSON

/// `volley sessions [list] | revoke ID | revoke all`, of oneself or (admins) of `--user ID`.
struct SessionsCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let user = try arguments.take("user").map { try UsersCommand.id($0) }
        // Only admins see the logins of others.
        let person: LoginDoor.Person = user != nil || arguments.has("admin") ? .admin : .trader
        let path = user.map { "/api/v1/users/\($0)/sessions" } ?? "/api/v1/sessions"
        switch arguments.optionalWord() ?? "list" {
        case "list":
            try arguments.finish()
            return try await list(path, try await door.open(as: person))
        case "revoke":
            let which = try arguments.word("a session's id, or all")
            let session = which == "all" ? nil : try UsersCommand.id(which)
            try arguments.finish()
            let api = try await door.open(as: person)
            guard let session else {
                let answer = try await api.send("DELETE", path, .object(JSONObject()))
                UsersCommand.say(
                    "\(answer["ended"]?.int64 ?? 0) logins have ended",
                    answer,
                    terminal
                )
                return ExitStatus.done
            }
            let answer = try await api.send("DELETE", path + "/\(session)", .object(JSONObject()))
            UsersCommand.say("login \(session) has ended", answer, terminal)
            return ExitStatus.done
        case let other: throw UsageError("sessions takes list or revoke, not \(other)")
        }
    }

    private func list(_ path: String, _ api: APIClient) async throws -> Int32 {
        let answer = try await api.get(path)
        guard !terminal.isJSON else {
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(["session", "since", "last", "ends", "address", "program"], numeric: [0])
        for row in answer["sessions"]?.array ?? [] {
            let moment: (String) -> String = { String(row.text($0).prefix(19)) }
            table.add([
                row.number("id") + (row["is_current"]?.bool == true ? "*" : ""),
                moment("created_at"), moment("refreshed_at"), moment("ends_at"),
                row.text("address"), row.text("agent"),
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }
}

/// `volley users [list]`, and `volley users reset-second-factor ID --reason TEXT [--code C]`.
struct UsersCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    func run(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        switch arguments.optionalWord() ?? "list" {
        case "list":
            try arguments.finish()
            return try await list(try await door.open(as: .admin))
        case "reset-second-factor": return try await reset(&arguments, door)
        case let other:
            throw UsageError("users takes list or reset-second-factor, not \(other)")
        }
    }

    private func list(_ api: APIClient) async throws -> Int32 {
        let users = try await api.pages("/api/v1/users?limit=1000", "users")
        guard !terminal.isJSON else {
            terminal.line(String(decoding: JSONValue.array(users).serialized(), as: UTF8.self))
            return ExitStatus.done
        }
        var table = Table(
            ["user", "e-mail", "name", "role", "trader", "client", "second factor"],
            numeric: [0, 4, 5]
        )
        for row in users {
            table.add([
                row.number("user_id"), row.text("email"), row.text("name"), row.text("role"),
                row.number("trader_id"), row.number("client_id"),
                row["has_second_factor"]?.bool == true ? "yes" : "no",
            ])
        }
        terminal.line(table.text)
        return ExitStatus.done
    }

    /// The login's code counts once: whoever has a second factor shows another one here.
    private func reset(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let user = try Self.id(try arguments.word("the user's id"))
        guard let reason = arguments.take("reason") else {
            throw UsageError("say why: --reason TEXT")
        }
        var body = JSONObject()
        _ = body.append("reason", .string(reason))
        for (option, field) in [("code", "code"), ("recovery-code", "recovery_code")] {
            if let value = arguments.take(option) { _ = body.append(field, .string(value)) }
        }
        try arguments.finish()
        guard let password = door.environment["VOLLEY_ADMIN_PASSWORD"] else {
            throw UsageError("set VOLLEY_ADMIN_EMAIL and VOLLEY_ADMIN_PASSWORD")
        }
        _ = body.append("password", .string(password))
        let answer = try await door.open(as: .admin).send(
            "DELETE",
            "/api/v1/users/\(user)/second-factor",
            .object(body)
        )
        let ended = answer["ended"]?.int64 ?? 0
        Self.say(
            "user \(user) has no second factor any more; \(ended) logins have ended",
            answer,
            terminal
        )
        return ExitStatus.done
    }

    static func say(_ words: String, _ answer: JSONValue, _ terminal: Terminal) {
        terminal.line(
            terminal.isJSON ? String(decoding: answer.serialized(), as: UTF8.self) : words
        )
    }

    static func id(_ word: String) throws(UsageError) -> Int64 {
        guard let id = Int64(word), id > 0 else {
            throw UsageError("an id is a number, not \(word)")
        }
        return id
    }
}
