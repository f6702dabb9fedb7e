import HTTPServer
import Testing

@Suite("HTTP server: routes and requests", .timeLimit(.minutes(5)))
struct HTTPServerRoutingTests {
    @Test("A route gets its parameters, query and headers decoded")
    func decodes() async throws {
        try await serving([
            HTTPRoute("GET", "/clients/{client}/orders/{id}") { request in
                let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
                return .text(
                    "\(request.path)|\(request.pathParameters["client"] ?? "-")"
                        + "|\(request.pathParameters["id"] ?? "-")|\(query)"
                        + "|\(request.header("x-trace") ?? "-")|\(request.remoteAddress)"
                )
            }
        ]) { server in
            let answer = try await ask(
                server,
                "GET /clients/a%2Fb/orders/%E2%82%B97?x=1&x=2&note=a+b%2Bc&empty= HTTP/1.1",
                ["X-TRACE: t7"]
            )
            #expect(answer.status == 200)
            #expect(
                answer.text
                    == "/clients/a/b/orders/₹7|a/b|₹7|x=1,x=2,note=a b+c,empty=|t7|127.0.0.1"
            )
        }
    }
}

extension HTTPServerResponse {
    static func text(_ text: String, status: Int = 200) -> HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "text/plain")],
            body: .bytes(Array(text.utf8))
        )
    }
}

/// Runs `body` with a server on a free port, and stops it also where `body` throws.
func serving(
    _ routes: [HTTPRoute],
    fallback: @escaping HTTPServer.Fallback = { $1.plainResponse },
    configure: (inout HTTPServerConfiguration) -> Void = { _ in },
    _ body: (HTTPServer) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration(port: 0)
    configure(&configuration)
    let server = HTTPServer(configuration, routes: routes, fallback: fallback)
    try server.start()
    do {
        try await body(server)
    } catch {
        await server.stop(grace: .seconds(30))
        throw error
    }
    await server.stop(grace: .seconds(30))
    #expect(server.openRequests == 0)
}

/// One request on a connection of its own.
func ask(
    _ server: HTTPServer,
    _ line: String,
    _ headers: [String] = [],
    body: String = ""
) async throws -> RawPeer.Response {
    let peer = try RawPeer(port: server.port)
    let lines = [line, "Host: localhost"] + headers
    try await peer.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    let response = try await peer.readResponse(head: line.hasPrefix("HEAD"))
    await peer.close()
    return response
}
