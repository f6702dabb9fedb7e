import Glibc
import HTTPClient
import Testing

/// What a request that must not be repeated looks like, one for each way libcurl sends it.
private struct Shape: Sendable, CustomTestStringConvertible {
    let method: String
    let body: [UInt8]?
    var testDescription: String { "\(method), body of \(body.map { "\($0.count)" } ?? "none")" }

    static let all = [
        Shape(method: "POST", body: Array(#"{"quantity":1}"#.utf8)),
        Shape(method: "POST", body: [UInt8](repeating: 120, count: 300_000)),
        Shape(method: "POST", body: []), Shape(method: "POST", body: nil),
        Shape(method: "PUT", body: [1, 2, 3]), Shape(method: "PATCH", body: nil),
        Shape(method: "DELETE", body: nil), Shape(method: "DELETE", body: [1]),
        Shape(method: "GET", body: nil),
    ]
}

@Suite("HTTP client: never twice", .timeLimit(.minutes(20)))
struct HTTPClientOnceTests {
    /// Answers the first request of each connection; drops the connection at the second.
    private func droppingServer(reset: Bool) -> RawServer {
        RawServer { connection in
            guard connection.next() != nil else { return }
            connection.answer()
            guard connection.next() != nil else { return }
            if reset { connection.resetOnClose() }
        }
    }

    private func outcome(
        _ client: HTTPClient,
        _ request: HTTPRequest
    ) async -> Result<HTTPResponse, HTTPFailure> {
        do { return .success(try await client.send(request)) } catch { return .failure(error) }
    }

    @Test(
        "A request that a reused connection swallows leaves once and is unanswered",
        arguments: Shape.all,
        [false, true]
    )
    fileprivate func droppedOnReuse(shape: Shape, reset: Bool) async throws {
        let server = droppingServer(reset: reset)
        defer { server.stop() }
        let client = HTTPClient()
        _ = try await client.send(HTTPRequest(method: "GET", url: server.url + "/first"))
        let order = HTTPRequest(method: shape.method, url: server.url + "/order", body: shape.body)
        guard case .failure(.unanswered) = await outcome(client, order) else {
            Issue.record("the order was not reported as unanswered")
            return
        }
        await client.close()
        let orders = server.requests.filter { $0.line.contains("/order") }
        #expect(orders.count == 1)
        #expect(orders.first?.connection == 1, "the connection was not used again")
        #expect(orders.first?.body == shape.body ?? [])
    }

    @Test("A repeatable request is sent again: so the tests of this suite would see it")
    func repeatableIsRepeated() async throws {
        let server = droppingServer(reset: false)
        defer { server.stop() }
        let client = HTTPClient()
        _ = try await client.send(HTTPRequest(method: "GET", url: server.url + "/first"))
        for body in [nil, [7, 8, 9]] as [[UInt8]?] {
            let before = server.requests.count
            let request = HTTPRequest(
                method: body == nil ? "GET" : "PUT",
                url: server.url + "/again",
                body: body,
                repeatable: true
            )
            #expect(try await client.send(request).status == 200)
            let seen = server.requests.dropFirst(before)
            #expect(seen.count == 2)
            #expect(seen.allSatisfy { $0.body == body ?? [] })
        }
        await client.close()
    }

    @Test(
        "On a new connection that breaks after reading, too, it leaves once",
        arguments: [false, true]
    )
    func droppedAtOnce(reset: Bool) async {
        let server = RawServer { connection in
            if connection.next() != nil, reset { connection.resetOnClose() }
        }
        defer { server.stop() }
        let client = HTTPClient()
        for shape in Shape.all {
            let before = server.requests.count
            let request = HTTPRequest(method: shape.method, url: server.url, body: shape.body)
            guard case .failure(.unanswered) = await outcome(client, request) else {
                Issue.record("not reported as unanswered: \(shape.testDescription)")
                continue
            }
            #expect(server.requests.count == before + 1)
        }
        await client.close()
    }

    @Test("A connection that the server closed while idle is not the reason for a second request")
    func closedWhileIdle() async throws {
        let server = RawServer { connection in
            if connection.next() != nil { connection.answer() }
        }
        defer { server.stop() }
        let client = HTTPClient()
        var known = 0
        for index in 0..<300 {
            let order = HTTPRequest(method: "POST", url: server.url + "/\(index)", body: [1])
            switch await outcome(client, order) {
            case .success: known += 1
            case .failure(.unanswered): break
            case .failure(.notSent):
                #expect(!server.requests.contains { $0.line.contains("/\(index) ") })
            }
            #expect(server.requests.filter { $0.line.contains("/\(index) ") }.count <= 1)
        }
        #expect(known > 0)
        await client.close()
    }

    @Test(
        "A redirect or a demand for credentials is an answer, not a reason to send again",
        arguments: [301, 302, 303, 307, 308, 401, 407, 408, 417, 425, 429, 500, 503]
    )
    func noSecondRequest(status: Int) async throws {
        let server = RawServer { connection in
            while connection.next() != nil {
                connection.answer(
                    status,
                    "Location: /elsewhere\r\nWWW-Authenticate: Basic realm=\"x\"\r\nRetry-After: 0\r\n"
                )
            }
        }
        defer { server.stop() }
        let client = HTTPClient()
        let order = HTTPRequest(method: "POST", url: server.url + "/order", body: [1])
        #expect(try await client.send(order).status == status)
        await client.close()
        #expect(server.requests.count == 1)
    }

    @Test("Where nobody listens, nothing was sent")
    func refused() async {
        let server = RawServer.refusing()
        defer { server.stop() }
        let url = server.url
        let client = HTTPClient()
        for _ in 0..<3 {
            let result = await outcome(client, HTTPRequest(method: "POST", url: url, body: [1]))
            guard case .failure(.notSent) = result else {
                Issue.record("expected not sent: \(result)")
                continue
            }
        }
        await client.close()
    }

    @Test("An unknown name, a bad URL or scheme, an address that is not ours: not sent")
    func unreachable() async {
        let client = HTTPClient()
        let urls = [
            "http://no-such-host.invalid/", "not a url", "http://", "ftp://127.0.0.1/",
            "file:///etc/passwd", "http://127.0.0.1:99999/", "",
        ]
        for url in urls {
            let result = await outcome(client, HTTPRequest(method: "POST", url: url, body: [1]))
            guard case .failure(.notSent) = result else {
                Issue.record("expected not sent for \(url): \(result)")
                continue
            }
        }
        let server = RawServer.polite()
        defer { server.stop() }
        for egress in [
            .address("203.0.113.77"), .address("no address"), .proxy("http://127.0.0.1:1"),
        ]
            as [Egress]
        {
            let request = HTTPRequest(method: "POST", url: server.url, egress: egress)
            guard case .failure(.notSent) = await outcome(client, request) else {
                Issue.record("expected not sent through \(egress)")
                continue
            }
        }
        #expect(server.requests.isEmpty)
        await client.close()
    }

    @Test("A server that reads and never answers leaves the request unanswered")
    func blackHole() async {
        let server = RawServer { connection in
            while connection.next() != nil {}
        }
        defer { server.stop() }
        let client = HTTPClient()
        let order = HTTPRequest(
            method: "POST",
            url: server.url,
            body: [1],
            timeout: .milliseconds(400)
        )
        guard case .failure(.unanswered) = await outcome(client, order) else {
            Issue.record("expected unanswered")
            return
        }
        #expect(server.requests.count == 1)
        await client.close()
    }

    @Test(
        "A connection that does not come about in time carries nothing",
        arguments: ["http", "https"]
    )
    func connectTimeout(scheme: String) async {
        // http: the door is never opened, and its queue is full. https: nobody speaks TLS.
        let server = RawServer(backlog: 0, accepting: scheme == "https") { $0.waitForEnd() }
        defer { server.stop() }
        let client = HTTPClient()
        let knocking = scheme == "http" ? server.fillQueue() : []
        defer { for descriptor in knocking { close(descriptor) } }
        let order = HTTPRequest(
            method: "POST",
            url: "\(scheme)://127.0.0.1:\(server.port)/",
            body: [1],
            connectTimeout: .milliseconds(300)
        )
        let result = await outcome(client, order)
        guard case .failure(.notSent) = result else {
            Issue.record("expected not sent: \(result)")
            return
        }
        await client.close()
        #expect(server.requests.isEmpty)
    }
}
