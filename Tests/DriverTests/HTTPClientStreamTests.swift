import HTTPClient
import Testing

@Suite("HTTP client: streams", .timeLimit(.minutes(20)))
struct HTTPClientStreamTests {
    private static let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test("Pieces come while the answer is still being written, and the end is the end")
    func pieces() async throws {
        let gates = [Gate(), Gate()]
        let server = RawServer { connection in
            guard connection.next() != nil else { return }
            connection.write(Self.head + "3\r\none\r\n")
            gates[0].pass()
            connection.write("3\r\ntwo\r\n")
            gates[1].pass()
            connection.write("5\r\nthree\r\n0\r\n\r\n")
        }
        defer { server.stop() }
        let client = HTTPClient()
        var pieces: [String] = []
        let request = HTTPRequest(method: "GET", url: server.url, timeout: .seconds(60))
        for try await piece in client.stream(request) {
            pieces.append(String(decoding: piece, as: UTF8.self))
            // The next piece is written only once this one has been read.
            if pieces.count <= 2 { gates[pieces.count - 1].open() }
        }
        #expect(pieces == ["one", "two", "three"])
        await client.close()
    }

    @Test("Another status than one of the 200s is thrown, with its body")
    func refusal() async throws {
        let server = RawServer { connection in
            while connection.next() != nil { connection.answer(403, "", Array("no".utf8)) }
        }
        defer { server.stop() }
        let client = HTTPClient()
        let error = await #expect(throws: HTTPRefusal.self) {
            for try await _ in client.stream(HTTPRequest(method: "GET", url: server.url)) {
                Issue.record("a piece of a refusal was handed out")
            }
        }
        #expect(error?.response.status == 403)
        #expect(error?.response.body == Array("no".utf8))
        await client.close()
    }

    @Test("A stream that breaks throws after its last piece")
    func broken() async throws {
        let server = RawServer { connection in
            if connection.next() != nil { connection.write(Self.head + "3\r\none\r\n9\r\nhal") }
        }
        defer { server.stop() }
        let client = HTTPClient()
        var received: [UInt8] = []
        do {
            for try await piece in client.stream(HTTPRequest(method: "GET", url: server.url)) {
                received += piece
            }
            Issue.record("the stream ended as if whole")
        } catch HTTPFailure.unanswered {
            #expect(received == Array("onehal".utf8))
        }
        await client.close()
    }

    @Test("Who stops reading ends the transfer: the server sees the connection close")
    func abandoned() async throws {
        let closed = Gate()
        let server = RawServer { connection in
            guard let request = connection.next() else { return }
            if request.line.contains("/wait") {
                closed.pass()
                connection.answer()
                return
            }
            connection.write(Self.head + "3\r\none\r\n")
            connection.waitForEnd()
            closed.open()
        }
        defer { server.stop() }
        let client = HTTPClient()
        for try await _ in client.stream(
            HTTPRequest(method: "GET", url: server.url, timeout: .seconds(60))
        ) { break }
        // Answered only after the first connection has come to its end.
        let wait = HTTPRequest(method: "GET", url: server.url + "/wait", timeout: .seconds(50))
        #expect(try await client.send(wait).status == 200)
        await client.close()
    }

    @Test("Nobody listening: the stream throws that nothing was sent")
    func refused() async {
        let server = RawServer.refusing()
        defer { server.stop() }
        let url = server.url
        let client = HTTPClient()
        do {
            for try await _ in client.stream(HTTPRequest(method: "GET", url: url)) {}
            Issue.record("the stream ended as if whole")
        } catch HTTPFailure.notSent {
        } catch { Issue.record("unexpected: \(error)") }
        await client.close()
    }
}
