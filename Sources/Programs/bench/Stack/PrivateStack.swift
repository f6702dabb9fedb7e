import Glibc
import HTTPClient
import JSON

/// Servers and processes that a run has for itself, and ends when it ends.
protocol PrivateStack: Sendable {
    var place: RunPlace { get }
    var processes: RoleProcesses { get }
    var databaseURL: String { get }
    var apiURLs: [String] { get }
    /// The simulated brokers.
    var sandboxURL: String { get }
    /// For commands: straight to the servers.
    var direct: [String: String] { get }
}

extension PrivateStack {
    /// Runs `volley` to its end, straight at the servers.
    ///
    /// - Returns: its exit status and what it wrote.
    func command(_ arguments: [String], api: Int = 0) async throws -> (status: CInt, text: String) {
        var environment = direct
        environment["VOLLEY_API_URL"] = apiURLs[api]
        return try await processes.command(arguments, environment: environment)
    }

    /// Runs `volley`, and throws unless it does what was asked.
    @discardableResult
    func mustRun(_ arguments: [String]) async throws -> String {
        let (status, text) = try await command(arguments)
        guard status == 0 else {
            let words = arguments.joined(separator: " ")
            throw Unusable(description: "volley \(words) ended with \(status):\n\(text)")
        }
        return text
    }

    /// Makes the trader who submits.
    func makeTrader() async throws { try await makeUser(RunPlace.trader, role: "trader") }

    /// Makes a user of a role.
    func makeUser(_ user: (email: String, password: String), role: String) async throws {
        let input = place.freshOutput()
        defer { unlink(input) }
        guard let file = fopen(input, "w") else { throw Unusable(description: "no room for files") }
        fputs(user.password + "\n", file)
        fclose(file)
        let words = ["admin", "create-user", "--email", user.email, "--role", role]
        let (status, text) = try await processes.command(words, environment: direct, input: input)
        guard status == 0 else { throw Unusable(description: "no \(role) was made: \(text)") }
    }

    /// The trader's access token.
    func logIn(_ http: HTTPClient) async throws -> String {
        let proof: JSONValue = [
            "email": .string(RunPlace.trader.email), "password": .string(RunPlace.trader.password),
        ]
        let answer = try await post(http, "/api/v1/login", proof)
        guard let token = answer["access_token"]?.string else {
            throw Unusable(description: "the login gave no token")
        }
        return token
    }

    /// An API key of the trader: a program that calls often logs in once.
    func makeAPIKey(_ http: HTTPClient) async throws -> String {
        let token = try await logIn(http)
        let answer = try await post(http, "/api/v1/api-keys", ["name": "bench"], token: token)
        guard let key = answer["api_key"]?.string else {
            throw Unusable(description: "no API key was made")
        }
        return key
    }

    private func post(
        _ http: HTTPClient,
        _ path: String,
        _ body: JSONValue,
        token: String? = nil
    ) async throws -> JSONValue {
        var headers = [("Content-Type", "application/json")]
        if let token { headers.append(("Authorization", "Bearer " + token)) }
        let request = HTTPRequest(
            method: "POST",
            url: apiURLs[0] + path,
            headers: headers,
            body: body.serialized()
        )
        return try JSONValue(parsing: try await http.send(request).body)
    }

    /// Waits until every API is ready.
    func waitForAPIs(_ http: HTTPClient) async throws {
        for url in apiURLs { try await waitForAnswer(url + "/readyz", http) }
    }

    /// Waits until a GET is answered with 200.
    func waitForAnswer(_ url: String, _ http: HTTPClient) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        var request = HTTPRequest(method: "GET", url: url)
        request.repeatable = true
        while (try? await http.send(request).status) != 200 {
            guard ContinuousClock.now < deadline else {
                throw Unusable(description: "nobody is ready at \(url)")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Calls the brokers' control face.
    func control(
        _ http: HTTPClient,
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil
    ) async throws -> JSONValue {
        var request = HTTPRequest(method: method, url: sandboxURL + path, body: body?.serialized())
        request.repeatable = true
        request.timeout = .seconds(60)
        request.maximumResponseBytes = 64 << 20
        let answer = try await http.send(request)
        guard answer.status == 200 else {
            throw Unusable(description: "\(path) answered \(answer.status)")
        }
        return try JSONValue(parsing: answer.body)
    }

    /// The queues once they and the outbox are empty, or once they should long have been.
    func settledQueues() async throws -> [(name: String, messages: Int64)] {
        let deadline = ContinuousClock.now + .seconds(150)
        while true {
            let text = try await mustRun(["queues", "--json"])
            let queues = (try JSONValue(parsing: text)["queues"]?.array ?? []).map {
                (name: $0["queue"]?.string ?? "", messages: $0["ready"]?.int64 ?? 0)
            }
            let unsent = try await OrderFigures.outboxCount(databaseURL: databaseURL)
            let isEmpty = unsent == 0 && queues.allSatisfy { $0.messages == 0 }
            if isEmpty || ContinuousClock.now >= deadline { return queues }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
