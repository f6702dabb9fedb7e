import HTTPClient
import JSON
import StackTesting
import Testing

/// Somebody with a valid credential who tries what is not theirs.
final class Stranger {
    /// An answer, whatever its form.
    struct Answer {
        let status: Int
        let text: String
        /// Nil where it is no JSON.
        var json: JSONValue? { try? JSONValue(parsing: text) }
    }

    /// How one calls.
    enum Credential {
        case login(email: String, password: String)
        case key(String)
    }

    let name: String
    private let stack: Stack
    private let credential: Credential
    private var header: (name: String, value: String)

    init(_ stack: Stack, _ name: String, _ credential: Credential) async throws {
        self.stack = stack
        self.name = name
        self.credential = credential
        header = ("X-API-Key", "")
        try await comeIn()
    }

    /// Logs in anew: among what is tried is to log out, and to change the own password.
    func comeIn() async throws {
        switch credential {
        case .key(let key): header = ("X-API-Key", key)
        case .login(let email, let password):
            let login: JSONValue = ["email": .string(email), "password": .string(password)]
            let answer = try await send("POST", "/api/v1/login", login.text, headers: [])
            let token = try #require(answer.json?["access_token"]?.string, "\(answer.text)")
            header = ("Authorization", "Bearer " + token)
        }
    }

    /// Asks; under a key of another's, where one is given.
    func ask(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        type: String = "application/json",
        key: String? = nil
    ) async throws -> Answer {
        var headers = [header]
        if method != "GET" { headers.append(("Idempotency-Key", key ?? Names.next())) }
        if body != nil { headers.append(("Content-Type", type)) }
        return try await send(method, path, body, headers: headers)
    }

    private func send(
        _ method: String,
        _ path: String,
        _ body: String?,
        headers: [(String, String)]
    ) async throws -> Answer {
        let api = try #require(stack.environment["VOLLEY_API_URL"])
        let answer = try await stack.client.send(
            HTTPRequest(
                method: method,
                url: api + path,
                headers: headers.isEmpty ? [("Content-Type", "application/json")] : headers,
                body: body.map { Array($0.utf8) },
                timeout: .seconds(60)
            )
        )
        return Answer(
            status: answer.status,
            text: String(decoding: answer.body, as: UTF8.self)
        )
    }
}
