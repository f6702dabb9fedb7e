import HTTPClient
import JSON
import Telemetry

/// The API as a command sees it: one address, one credential.
struct APIClient: Sendable {
    let base: String
    private let http: HTTPClient
    private let credential: String?

    /// Why a call did not do what was asked.
    enum Failure: Error {
        case refused(status: Int, code: String, detail: String, body: JSONValue?)
        case unreachable(String)
    }

    init(base: String, http: HTTPClient, credential: String?) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.http = http
        self.credential = credential
    }

    /// The same API with a bearer token or API key.
    func with(credential: String) -> APIClient {
        APIClient(base: base, http: http, credential: credential)
    }

    func get(_ path: String) async throws(Failure) -> JSONValue {
        try await call("GET", path, body: nil, type: nil)
    }

    /// All items of a list that comes in pages.
    func pages(_ path: String, _ key: String) async throws(Failure) -> [JSONValue] {
        var all: [JSONValue] = []
        var after = ""
        while true {
            let page = try await get(path + after)
            all += page[key]?.array ?? []
            guard let next = page["next"], !next.isNull else { return all }
            after = "&after=\(next.string ?? next.number?.text ?? "")"
        }
    }

    func send(_ method: String, _ path: String, _ body: JSONValue, key: String? = nil)
        async throws(Failure) -> JSONValue
    {
        try await call(
            method,
            path,
            body: body.serialized(),
            type: "application/json",
            key: key
        )
    }

    /// Sends, again with the same key where the answer was lost: the key makes that harmless.
    func sendSurely(
        _ path: String,
        _ body: JSONValue,
        key: String,
        method: String = "POST"
    ) async throws -> JSONValue {
        for _ in 0..<2 {
            do {
                return try await send(method, path, body, key: key)
            } catch Failure.unreachable {
                try await Task.sleep(for: .milliseconds(500))
            }
        }
        return try await send(method, path, body, key: key)
    }

    func sendCSV(_ path: String, _ body: [UInt8]) async throws(Failure) -> JSONValue {
        try await call("POST", path, body: body, type: "text/csv")
    }

    private func call(
        _ method: String,
        _ path: String,
        body: [UInt8]?,
        type: String?,
        key: String? = nil
    ) async throws(Failure) -> JSONValue {
        var request = HTTPRequest(method: method, url: base + path, body: body)
        if let credential { request.headers.append(("Authorization", "Bearer " + credential)) }
        if let type { request.headers.append(("Content-Type", type)) }
        if let key { request.headers.append(("Idempotency-Key", key)) }
        request.timeout = .seconds(60)
        request.maximumResponseBytes = 64 << 20
        // A GET, and whatever carries a key, may leave twice without harm.
        request.repeatable = method == "GET" || key != nil
        let response: HTTPResponse
        do {
            response = try await http.send(request)
        } catch {
            throw .unreachable(error.reason)
        }
        guard (200...299).contains(response.status) else { throw Failure(response) }
        return (try? JSONValue(parsing: response.body)) ?? .null
    }

    /// The pieces of a file of any length; a break in it is an error.
    func pieces(_ path: String) -> AsyncThrowingStream<[UInt8], any Error> {
        var request = HTTPRequest(method: "GET", url: base + path)
        if let credential { request.headers.append(("Authorization", "Bearer " + credential)) }
        // Of many rows few may be asked for: the server may look for long before it finds one.
        request.timeout = .seconds(600)
        request.repeatable = true
        return http.stream(request)
    }

    /// Events of a stream as they come: name and data.
    func events(_ path: String) -> AsyncThrowingStream<(name: String, data: JSONValue), any Error> {
        var request = HTTPRequest(method: "GET", url: base + path)
        if let credential { request.headers.append(("Authorization", "Bearer " + credential)) }
        request.headers.append(("Accept", "text/event-stream"))
        request.timeout = .seconds(30)
        request.repeatable = true
        let chunks = http.stream(request)
        return AsyncThrowingStream { continuation in
            // Ends with the stream that it feeds.
            let reading = Task {
                do {
                    var parser = EventParser()
                    for try await chunk in chunks {
                        for event in parser.take(chunk) { continuation.yield(event) }
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in reading.cancel() }
        }
    }
}

extension APIClient.Failure {
    /// What an answer says that is none of the 200s.
    init(_ response: HTTPResponse) {
        let value = try? JSONValue(parsing: response.body)
        self = .refused(
            status: response.status,
            code: value?["code"]?.string ?? "http_\(response.status)",
            detail: value?["detail"]?.string ?? "HTTP \(response.status)",
            body: value
        )
    }
}

/// Takes server-sent events apart as they arrive.
struct EventParser {
    private var line: [UInt8] = []
    private var name = "message"
    private var data: [UInt8] = []

    mutating func take(_ chunk: [UInt8]) -> [(name: String, data: JSONValue)] {
        var events: [(name: String, data: JSONValue)] = []
        for byte in chunk {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if line.isEmpty {
                if let value = try? JSONValue(parsing: data) { events.append((name, value)) }
                name = "message"
                data = []
            } else if line.starts(with: Array("event: ".utf8)) {
                name = String(decoding: line.dropFirst(7), as: UTF8.self)
            } else if line.starts(with: Array("data: ".utf8)) {
                data += line.dropFirst(6)
            }
            line = []
        }
        return events
    }
}
