import JSON

/// `volley clients login-link|login-request|login|renew-session|app|logout ID`, and `volley readiness
/// --links|--requests`: how clients' sessions at their brokers begin and end.
struct LoginCommand {
    private let terminal: Terminal

    init(_ terminal: Terminal) { self.terminal = terminal }

    /// A link for the client to open.
    func link(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let (client, account) = try take(&arguments)
        try arguments.finish()
        let api = try await door.open()
        let path = try await Self.path(client, account, api) + "/login-link"
        let made = try await api.send("POST", path, .null)
        terminal.line(
            terminal.isJSON
                ? String(decoding: made.serialized(), as: UTF8.self) : made["url"]?.string ?? ""
        )
        return ExitStatus.done
    }

    /// Logs in by what the client says; what stands in a command line can be read by others.
    func logIn(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let (client, account) = try take(&arguments)
        let isApproved = arguments.has("approved")
        let givesPIN = arguments.has("pin")
        try arguments.finish()
        guard !isApproved || !givesPIN else {
            throw UsageError("--pin goes with a code, --approved without one")
        }
        var body = JSONObject()
        if isApproved {
            _ = body.append("approved", .bool(true))
        } else {
            guard let code = readLine(strippingNewline: true), !code.isEmpty else {
                throw UsageError("the client's code is read from standard input, one line")
            }
            _ = body.append("code", .string(code))
        }
        let rest = isApproved ? ["api_key", "api_secret"] : [givesPIN ? "pin" : "api_key"]
        for field in rest {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else { break }
            _ = body.append(field, .string(line))
        }
        let api = try await door.open()
        let path = try await Self.path(client, account, api) + "/login"
        let done = try await api.send("POST", path, .object(body))
        terminal.line(
            terminal.isJSON
                ? String(decoding: done.serialized(), as: UTF8.self)
                : "client \(client) is logged in, until \(done["session_ends"]?.string ?? "it ends")"
        )
        return ExitStatus.done
    }

    /// Has a token renewed that still lives.
    func renew(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let (client, account) = try take(&arguments)
        try arguments.finish()
        let api = try await door.open()
        let path = try await Self.path(client, account, api) + "/renew-session"
        let done = try await api.send("POST", path, .null)
        show(done) {
            "client \(client) has a new session, until \($0["session_ends"]?.string ?? "it ends")"
        }
        return ExitStatus.done
    }

    /// Has the client asked in the broker's own app.
    func request(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let (client, account) = try take(&arguments)
        try arguments.finish()
        let api = try await door.open()
        let path = try await Self.path(client, account, api) + "/login-request"
        let asked = try await api.send("POST", path, .null)
        show(asked) { "client \(client) is asked, until \($0["expires_at"]?.string ?? "")" }
        return ExitStatus.done
    }

    /// Keeps a client's own app, whose key and secret are read from standard input.
    func app(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let (client, account) = try take(&arguments)
        try arguments.finish()
        guard let key = readLine(strippingNewline: true), !key.isEmpty,
            let secret = readLine(strippingNewline: true), !secret.isEmpty
        else {
            throw UsageError("the app's key and secret are read from standard input, a line each")
        }
        let api = try await door.open()
        let path = try await Self.path(client, account, api) + "/app"
        let body: JSONValue = ["api_key": .string(key), "api_secret": .string(secret)]
        let kept = try await api.send("PUT", path, body)
        show(kept) { places in
            let set = [("redirect URL", "redirect_url"), ("notifier", "notifier_url")]
                .compactMap { words, name in
                    places[name]?.string.map { "its \(words) must be \($0)" }
                }
            return (["kept"] + set).joined(separator: "; ")
        }
        return ExitStatus.done
    }

    /// Ends the client's session at its broker.
    func logOut(_ arguments: inout Arguments, _ door: LoginDoor) async throws -> Int32 {
        let (client, account) = try take(&arguments)
        guard let why = arguments.take("why") else {
            throw UsageError("give --why: it stands in the audit log")
        }
        try arguments.finish()
        let api = try await door.open()
        let path = try await Self.path(client, account, api) + "/logout"
        let done = try await api.send("POST", path, ["reason": .string(why)])
        show(done) { $0["meaning"]?.string ?? "" }
        return ExitStatus.done
    }

    private func show(_ answer: JSONValue, _ text: (JSONValue) -> String) {
        terminal.line(
            terminal.isJSON ? String(decoding: answer.serialized(), as: UTF8.self) : text(answer)
        )
    }

    /// A link for every account whose client must log in before the day's orders are over.
    ///
    /// `which`: more conditions, as the API takes them. With `asks` those who can be are asked in their broker's
    /// own app, and only the others get links.
    func links(_ which: String, asks: Bool, _ api: APIClient) async throws -> Int32 {
        let askable = asks ? try await Self.askable(api) : []
        let all = try await api.pages("/api/v1/readiness?limit=1000" + which, "accounts")
        let rows = all.filter {
            ["must_log_in", "ends_early"].contains($0["state"]?.string ?? "")
        }
        var links: [JSONValue] = []
        var failures = 0
        for row in rows {
            let client = row["client_id"]?.int64 ?? 0
            let account = row["account_id"]?.int64 ?? 0
            let isAsked = askable.contains(row["broker"]?.string ?? "")
            let path =
                "/api/v1/clients/\(client)/broker-accounts/\(account)/login-"
                + (isAsked ? "request" : "link")
            var entry = JSONObject()
            for name in ["client_id", "code", "broker", "broker_client_id", "account_id"] {
                _ = entry.append(name, row[name] ?? .null)
            }
            do throws(APIClient.Failure) {
                let made = try await api.send("POST", path, .null)
                if isAsked { _ = entry.append("asked", .bool(true)) }
                _ = entry.append("url", made["url"] ?? .null)
                _ = entry.append("expires_at", made["expires_at"] ?? .null)
            } catch {
                // One client's trouble must not keep the others from their links.
                guard case .refused(_, _, let detail, _) = error else { throw error }
                failures += 1
                _ = entry.append("problem", .string(detail))
            }
            links.append(.object(entry))
        }
        show(links)
        return failures == 0 ? ExitStatus.done : ExitStatus.someFailed
    }

    private func show(_ links: [JSONValue]) {
        guard !terminal.isJSON else {
            let answer: JSONValue = ["links": .array(links)]
            terminal.line(String(decoding: answer.serialized(), as: UTF8.self))
            return
        }
        guard !links.isEmpty else {
            terminal.line("nobody must log in")
            return
        }
        var table = Table(["client", "code", "broker", "account", "link"])
        for link in links {
            table.add([
                "\(link["client_id"]?.int64 ?? 0)", link["code"]?.string ?? "",
                link["broker"]?.string ?? "", link["broker_client_id"]?.string ?? "",
                Self.words(of: link),
            ])
        }
        terminal.line(table.text)
    }

    private static func words(of link: JSONValue) -> String {
        if let problem = link["problem"]?.string { return "none: " + problem }
        if link["asked"]?.bool == true { return "none: asked in the broker's app" }
        return link["url"]?.string ?? ""
    }

    /// The brokers that ask their clients in an app of their own.
    private static func askable(_ api: APIClient) async throws -> Set<String> {
        let brokers = try await api.get("/api/v1/brokers")["brokers"]?.array ?? []
        let able = brokers.filter { $0["can"]?["login_request"]?.string == "native" }
        return Set(able.compactMap { $0["broker"]?.string })
    }

    private func take(_ arguments: inout Arguments) throws -> (client: String, account: String?) {
        (try arguments.word("the client's id"), arguments.take("account"))
    }

    /// The account that is meant: the one that orders go to, where none is named.
    static func path(_ client: String, _ account: String?, _ api: APIClient) async throws
        -> String
    {
        let path = "/api/v1/clients/\(client)"
        if let account { return path + "/broker-accounts/\(account)" }
        let all = try await api.get(path)["broker_accounts"]?.array ?? []
        let inUse = all.filter { $0["status"]?.string != "disconnected" }
        let meant = inUse.isEmpty ? all : inUse
        guard meant.count == 1, let id = meant[0]["id"]?.int64 else {
            throw UsageError(
                meant.isEmpty
                    ? "client \(client) has no broker account"
                    : "give --account: client \(client) has several"
            )
        }
        return path + "/broker-accounts/\(id)"
    }
}
