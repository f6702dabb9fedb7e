import HTTPServer
import Testing

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

/// Waits for something that will come true; a test's time limit ends it otherwise.
func waitUntil(_ isTrue: () async throws -> Bool) async throws {
    while try await !isTrue() { try await Task.sleep(for: .milliseconds(5)) }
}
