import HTTPServer
import Synchronization
import Testing

@Suite("HTTP server: bodies, limits and broken requests", .timeLimit(.minutes(20)))
struct HTTPServerLimitTests {
    private let echo = HTTPRoute("POST", "/echo") { request in
        HTTPServerResponse(status: 200, body: .bytes(request.body))
    }
    private let large = HTTPRoute("POST", "/large", maximumBodyBytes: 3_000_000) { request in
        .text("\(request.body.count)")
    }

    private func limited(_ body: (HTTPServer) async throws -> Void) async throws {
        try await serving(
            [echo, large],
            fallback: { _, refusal in .text("refused \(refusal.status)", status: refusal.status) },
            configure: { $0.maximumBodyBytes = 1000 },
            body
        )
    }

    @Test("A body up to the limit arrives whole, with a length or in chunks")
    func bodies() async throws {
        try await limited { server in
            let text = String(repeating: "abcdefghij", count: 100)
            let whole = try await ask(
                server,
                "POST /echo HTTP/1.1",
                ["Content-Length: 1000"],
                body: text
            )
            #expect(whole.text == text)
            let chunks = (0..<100).map { _ in "a\r\nabcdefghij\r\n" }.joined() + "0\r\n\r\n"
            let chunked = try await ask(
                server,
                "POST /echo HTTP/1.1",
                ["Transfer-Encoding: chunked"],
                body: chunks
            )
            #expect(chunked.text == text)
            let empty = try await ask(server, "POST /echo HTTP/1.1", ["Content-Length: 0"])
            #expect(empty.status == 200)
            #expect(empty.text == "")
        }
    }

    @Test("A body over the limit is refused with 413, and the connection goes on")
    func tooLarge() async throws {
        try await limited { server in
            let peer = try RawPeer(port: server.port)
            let text = String(repeating: "x", count: 1001)
            try await peer.send(
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n\(text)"
            )
            let whole = try await peer.readResponse()
            #expect(whole.status == 413)
            #expect(whole.text == "refused 413")
            let chunk = "3e9\r\n\(text)\r\n0\r\n\r\n"
            try await peer.send(
                "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)"
            )
            #expect(try await peer.readResponse().text == "refused 413")
            try await peer.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")
            #expect(try await peer.readResponse().text == "ok")
            await peer.close()
        }
    }

    @Test("A client that asks before sending a body too large is refused before it sends")
    func expectContinue() async throws {
        try await limited { server in
            let refused = try await ask(
                server,
                "POST /echo HTTP/1.1",
                ["Content-Length: 1001", "Expect: 100-continue"]
            )
            #expect(refused.status == 413)
            let peer = try RawPeer(port: server.port)
            try await peer.send(
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
            )
            #expect(try await peer.read(through: "\r\n\r\n").contains("100 Continue"))
            try await peer.send("ok")
            #expect(try await peer.readResponse().text == "ok")
            await peer.close()
        }
    }

    @Test("A body without end is cut off, whether announced or in chunks")
    func endless() async throws {
        try await limited { server in
            let announced = try await ask(
                server,
                "POST /echo HTTP/1.1",
                ["Content-Length: 99999999999"]
            )
            #expect(announced.status == 413)
            let peer = try RawPeer(port: server.port)
            try await peer.send(
                "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            let chunk =
                Array("100000\r\n".utf8) + [UInt8](repeating: 120, count: 1 << 20) + [13, 10]
            await #expect(throws: RawPeer.Failure.self) {
                for _ in 0..<200 { try await peer.send(chunk) }
            }
            await peer.close()
        }
    }

    @Test("A route may take more than the server's limit")
    func routeLimit() async throws {
        try await limited { server in
            let text = String(repeating: "x", count: 2_900_000)
            let answer = try await ask(
                server,
                "POST /large HTTP/1.1",
                ["Content-Length: 2900000"],
                body: text
            )
            #expect(answer.text == "2900000")
        }
    }

    @Test(
        "A request that breaks the rules of HTTP is refused and reaches no handler",
        arguments: [
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5x\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
            "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            "nonsense\r\n\r\n",
        ]
    )
    func broken(request: String) async throws {
        let reached = Atomic<Int>(0)
        let route = HTTPRoute("POST", "/echo") { _ in
            reached.add(1, ordering: .relaxed)
            return .text("reached")
        }
        try await serving([route]) { server in
            let peer = try RawPeer(port: server.port)
            try await peer.send(request)
            let text = String(decoding: try await peer.readToEnd().bytes, as: UTF8.self)
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 400"), "\(text)")
            await peer.close()
        }
        #expect(reached.load(ordering: .relaxed) == 0)
    }

    @Test("Headers beyond the limit are refused with 431 or 414")
    func headerLimit() async throws {
        try await serving(
            [HTTPRoute("GET", "/a") { request in .text("\(request.headers.count)") }],
            configure: { $0.maximumHeaderBytes = 8 << 10 }
        ) { server in
            let some = (0..<50).map { "X-\($0): \(String(repeating: "v", count: 80))" }
            let fine = try await ask(server, "GET /a HTTP/1.1", some)
            #expect(fine.text == "51")
            let many = (0..<500).map { "X-\($0): \(String(repeating: "v", count: 80))" }
            #expect(try await ask(server, "GET /a HTTP/1.1", many).status == 431)
            let long = String(repeating: "a", count: 40_000)
            #expect(try await ask(server, "GET /\(long) HTTP/1.1").status == 414)
        }
    }
}
