import Fuzzing
import HTTPServer
import Testing

/// What anybody may write to a socket where HTTP is expected.
@Suite("Fuzz: HTTP", .timeLimit(.minutes(60)))
struct HTTPServerFuzzTests {
    private static let samples = [
        "GET /a/17?x=%20y&z HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
        "POST /a/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
        """
        POST /a/b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n0\r\n\r\n
        """,
        """
        POST /a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n\
        0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n
        """,
        "HEAD / HTTP/1.0\r\n\r\n",
        "DELETE /a/%2e%2e/b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nz",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]

    @Test func `whatever comes in, the server answers well-formed or hangs up, and goes on`()
        async throws
    {
        let mutator = Mutator(Self.samples, .bytes)
        let routes = ["GET", "POST", "DELETE"].map { method in
            HTTPRoute(method, "/a/{b}") { .text(String($0.body.count)) }
        }
        try await serving(routes, configure: { $0.maximumBodyBytes = 4_096 }) { server in
            let found = await FuzzRun("http", cases: 1_200).run { random in
                let bytes = mutator.input(&random)
                let peer = try RawPeer(port: server.port)
                // The server may hang up in the middle of this.
                try? await peer.send(bytes)
                peer.finishSending()
                let answer = try await peer.readToEnd().bytes
                await peer.close()
                guard answer.isEmpty || answer.starts(with: "HTTP/1.".utf8) else {
                    return "\(FuzzRun.shown(answer)) for \(FuzzRun.shown(bytes))"
                }
                return answer.starts(with: "HTTP/1.1 5".utf8) && !answer.starts(with: Self.version)
                    ? "\(FuzzRun.shown(answer)) for \(FuzzRun.shown(bytes))" : nil
            }
            #expect(found == nil, "\(found ?? "")")
            let after = try await ask(server, "GET /a/b HTTP/1.1")
            #expect(after.status == 200)
        }
    }

    /// The one thing that the server is right to answer so: a version of HTTP that it does not speak.
    private static let version = Array("HTTP/1.1 505".utf8)
}
