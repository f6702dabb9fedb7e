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
        let limit: @Sendable (inout HTTPServerConfiguration) -> Void = {
            $0.maximumBodyBytes = 4_096
            // Half a request is waited for as long as this.
            $0.idleTimeout = .seconds(1)
        }
        try await serving(routes, configure: limit) { server in
            let found = await FuzzRun("http", cases: 10).run { random in
                // Side by side, since half of them wait for the server to hang up.
                let inputs = (0..<40).map { _ in mutator.input(&random) }
                return try await withThrowingTaskGroup(of: String?.self) { group in
                    for bytes in inputs {
                        group.addTask { try await Self.fault(sending: bytes, to: server) }
                    }
                    var first: String?
                    for try await fault in group { first = first ?? fault }
                    return first
                }
            }
            #expect(found == nil, "\(found ?? "")")
            let after = try await ask(server, "GET /a/b HTTP/1.1")
            #expect(after.status == 200)
        }
    }

    private static func fault(sending bytes: [UInt8], to server: HTTPServer) async throws
        -> String?
    {
        let peer = try RawPeer(port: server.port)
        // The server may hang up in the middle of this.
        try? await peer.send(bytes)
        peer.finishSending()
        let answer = try await peer.readToEnd().bytes
        await peer.close()
        let isHTTP = answer.isEmpty || answer.starts(with: "HTTP/1.".utf8)
        let isFailure = answer.starts(with: "HTTP/1.1 5".utf8) && !answer.starts(with: version)
        return isHTTP && !isFailure
            ? nil : "\(FuzzRun.shown(answer)) for \(FuzzRun.shown(bytes))"
    }

    /// The one thing that the server is right to answer so: a version of HTTP that it does not speak.
    private static let version = Array("HTTP/1.1 505".utf8)
}
