import HTTPClient
import JSON
import StackTesting
import Testing

/// Somebody who uses the API as any program would: with a login, over HTTP, in JSON.
struct Caller {
    /// An answer as it came.
    struct Answer {
        let status: Int
        let body: JSONValue

        subscript(_ field: String) -> JSONValue? { body[field] }
        func text(_ field: String) -> String? { body[field]?.string }
        func number(_ field: String) -> Int64? { body[field]?.int64 }
        func list(_ field: String) -> [JSONValue] { body[field]?.array ?? [] }
    }

    let stack: Stack
    private let api: String
    private let token: String

    /// Logs in at the API that the stack's commands go to.
    init(_ stack: Stack, email: String, password: String) async throws {
        self.stack = stack
        api = try #require(stack.environment["VOLLEY_API_URL"])
        let login: JSONValue = ["email": .string(email), "password": .string(password)]
        let request = HTTPRequest(
            method: "POST",
            url: api + "/api/v1/login",
            headers: [("Content-Type", "application/json")],
            body: Array(login.text.utf8),
            timeout: .seconds(60)
        )
        let answer = try await stack.client.send(request)
        let body = try JSONValue(parsing: answer.body)
        token = try #require(body["access_token"]?.string)
    }

    func get(_ path: String) async throws -> Answer { try await send("GET", path) }

    /// Sends and insists on a status.
    @discardableResult
    func post(_ path: String, _ body: JSONValue, expecting status: Int) async throws -> Answer {
        let answer = try await send("POST", path, body)
        try #require(answer.status == status, "\(path): \(answer.body.text)")
        return answer
    }

    /// Sends; what trades gets an `Idempotency-Key` of its own, unless one is given.
    func send(
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        key: String? = nil
    ) async throws -> Answer {
        var headers = [("Authorization", "Bearer " + token)]
        if body != nil { headers.append(("Content-Type", "application/json")) }
        if ["POST", "PATCH"].contains(method) {
            headers.append(("Idempotency-Key", key ?? Names.next()))
        }
        let answer = try await stack.client.send(
            HTTPRequest(
                method: method,
                url: api + path,
                headers: headers,
                body: body.map { Array($0.text.utf8) },
                timeout: .seconds(60)
            )
        )
        let read = answer.body.isEmpty ? JSONValue.null : try JSONValue(parsing: answer.body)
        return Answer(status: answer.status, body: read)
    }
}
