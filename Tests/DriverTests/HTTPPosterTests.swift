import HTTPClient
import HTTPServer
import Synchronization
import Testing

@Suite("HTTP poster", .timeLimit(.minutes(20)))
struct HTTPPosterTests {
    /// What a server was sent.
    private final class Received: Sendable {
        let bodies = Mutex<[String]>([])
        var count: Int { bodies.withLock { $0.count } }

        func note(_ request: HTTPServerRequest) {
            bodies.withLock { $0.append(String(decoding: request.body, as: UTF8.self)) }
        }

        func waits(for count: Int) async throws {
            while self.count < count { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test("posts each notice once, over as many connections as it may have")
    func postsOnce() async throws {
        let received = Received()
        let heads = Received()
        try await withServer([
            HTTPRoute("POST", "/hook/{who}") { request in
                received.note(request)
                var head = request
                head.body = Array(
                    "\(request.path) \(request.header("content-type") ?? "")".utf8
                )
                heads.note(head)
                return HTTPServerResponse(status: 204)
            }
        ]) { port in
            let poster = HTTPPoster(connections: 3, timeout: .seconds(600))
            for number in 0..<500 {
                poster.post(to: "http://127.0.0.1:\(port)/hook/a%20b?x=1") {
                    Array("\(number)".utf8)
                }
            }
            try await received.waits(for: 500)
            await poster.close()
        }
        let bodies = received.bodies.withLock { $0 }
        #expect(bodies.count == 500)
        #expect(Set(bodies) == Set((0..<500).map { String($0) }))
        #expect(heads.bodies.withLock { Set($0) } == ["/hook/a b application/json"])
    }

    @Test("goes on after answers with a body, in chunks, that close, and that are cut off")
    func goesOn() async throws {
        let received = Received()
        try await withServer([
            HTTPRoute("POST", "/body") { request in
                received.note(request)
                return HTTPServerResponse(status: 200, body: .bytes(Array("thanks".utf8)))
            },
            HTTPRoute("POST", "/chunks") { request in
                received.note(request)
                return HTTPServerResponse(
                    status: 500,
                    body: .stream { writer in try await writer.write(Array("oh".utf8)) }
                )
            },
            HTTPRoute("POST", "/close") { request in
                received.note(request)
                return HTTPServerResponse(status: 200, headers: [("Connection", "close")])
            },
            HTTPRoute("POST", "/drop") { request in
                received.note(request)
                return HTTPServerResponse(status: 200, body: .dropConnection)
            },
        ]) { port in
            let poster = HTTPPoster(connections: 1, timeout: .seconds(600))
            for path in ["body", "chunks", "close", "drop", "body"] {
                poster.post(to: "http://127.0.0.1:\(port)/\(path)") { Array(path.utf8) }
            }
            try await received.waits(for: 5)
            await poster.close()
        }
        #expect(
            received.bodies.withLock { $0 }
                == ["body", "chunks", "close", "drop", "body"]
        )
    }

    @Test("gives up on an answer that does not come, and goes on")
    func goesOnAfterSilence() async throws {
        let server = RawServer { connection in
            while let request = connection.next() {
                if request.body == Array("silence".utf8) { return connection.waitForEnd() }
                connection.answer()
            }
        }
        defer { server.stop() }
        let poster = HTTPPoster(connections: 1, timeout: .milliseconds(300))
        poster.post(to: server.url) { Array("silence".utf8) }
        // On a busy machine it may give up on others too.
        while !server.requests.contains(where: { $0.body == Array("next".utf8) }) {
            poster.post(to: server.url) { Array("next".utf8) }
            try await Task.sleep(for: .milliseconds(100))
        }
        await poster.close()
        #expect(server.requests.count { $0.body == Array("silence".utf8) } <= 1)
    }

    @Test("does not use a connection that the server closed while nothing was posted")
    func closedWhileIdle() async throws {
        let server = RawServer { connection in
            if connection.next() != nil { connection.answer() }
        }
        defer { server.stop() }
        let poster = HTTPPoster(connections: 1, timeout: .seconds(600))
        for count in 1...3 {
            poster.post(to: server.url) { Array("\(count)".utf8) }
            while server.requests.count < count { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(500))
        }
        await poster.close()
        #expect(server.requests.map(\.body) == [Array("1".utf8), Array("2".utf8), Array("3".utf8)])
    }

    @Test("loses what nobody listens for, and goes on")
    func losesWhatCannotBeDelivered() async throws {
        let received = Received()
        try await withServer([
            HTTPRoute("POST", "/here") { request in
                received.note(request)
                return HTTPServerResponse(status: 204)
            }
        ]) { port in
            let poster = HTTPPoster()
            poster.post(to: "http://127.0.0.1:1/nobody") { [] }
            poster.post(to: "https://127.0.0.1:\(port)/here") { Array("sealed".utf8) }
            poster.post(to: "http://127.0.0.1:\(port)/here") { nil }
            poster.post(to: "http://127.0.0.1:\(port)/here") { Array("plain".utf8) }
            try await received.waits(for: 1)
            await poster.close()
        }
        #expect(received.bodies.withLock { $0 } == ["plain"])
    }

    @Test(
        "takes plain HTTP to an IPv4 address only, without what a request line must not hold",
        arguments: [
            ("http://10.0.0.1/path", true), ("HTTP://10.0.0.1:8080", true),
            ("https://10.0.0.1/", false), ("http://host/", false), ("http://u@10.0.0.1/", false),
            ("http://[::1]/", false), ("http:///path", false), ("http://10.0.0.1:port/", false),
            ("http://10.0.0.1/a b", false), ("http://10.0.0.1/\r\nX: y", false),
            ("http://10.0.0.1:80:80/", false), ("http://10.1/", false), ("", false),
        ]
    )
    func takes(url: String, isTaken: Bool) {
        #expect(HTTPPoster.takes(url) == isTaken)
    }

    private func withServer(
        _ routes: [HTTPRoute],
        _ body: (Int) async throws -> Void
    ) async throws {
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        do {
            try await body(server.port)
        } catch {
            await server.stop(grace: .zero)
            throw error
        }
        await server.stop(grace: .zero)
    }
}
