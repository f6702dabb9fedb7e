import HTTPClient
import HTTPServer
import Synchronization
import Testing

@Suite("HTTP poster", .timeLimit(.minutes(1)))
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
            let poster = HTTPPoster(connections: 3)
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

    @Test("goes on after answers with a body, in chunks, that close, and that never come")
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
            HTTPRoute("POST", "/silence") { request in
                received.note(request)
                try? await Task.sleep(for: .seconds(60))
                return HTTPServerResponse(status: 200)
            },
        ]) { port in
            let poster = HTTPPoster(connections: 1, timeout: .milliseconds(200))
            for path in ["body", "chunks", "close", "drop", "silence", "body"] {
                poster.post(to: "http://127.0.0.1:\(port)/\(path)") { Array(path.utf8) }
            }
            try await received.waits(for: 6)
            await poster.close()
        }
        #expect(
            received.bodies.withLock { $0 }
                == ["body", "chunks", "close", "drop", "silence", "body"]
        )
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
        "takes plain HTTP only, without what a request line must not hold",
        arguments: [
            ("http://host/path", true), ("HTTP://host:8080", true), ("https://host/", false),
            ("http://user@host/", false), ("http://[::1]/", false), ("http:///path", false),
            ("http://host:port/", false), ("http://host/a b", false),
            ("http://host/\r\nX: y", false),
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
