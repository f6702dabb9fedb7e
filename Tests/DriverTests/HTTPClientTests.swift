import HTTPClient
import Synchronization
import Telemetry
import Testing

@Suite("HTTP client", .timeLimit(.minutes(20)))
struct HTTPClientTests {
    private func answered(
        by client: HTTPClient = HTTPClient(),
        _ request: HTTPRequest
    ) async throws -> HTTPResponse {
        do {
            let response = try await client.send(request)
            await client.close()
            return response
        } catch {
            await client.close()
            throw error
        }
    }

    private func failure(_ request: HTTPRequest) async -> HTTPFailure? {
        do {
            _ = try await answered(request)
            return nil
        } catch { return error as? HTTPFailure }
    }

    private func isUnanswered(_ failure: HTTPFailure?) -> Bool {
        if case .unanswered = failure { true } else { false }
    }

    private func isNotSent(_ failure: HTTPFailure?) -> Bool {
        if case .notSent = failure { true } else { false }
    }

    @Test("Nothing of a request is carried over to the next one")
    func carriesNothingOver() async throws {
        let server = RawServer.polite()
        defer { server.stop() }
        let url = server.url + "/path"
        var requests = [
            HTTPRequest(method: "POST", url: url, headers: [("X-Only", "1")], body: [1, 2, 3]),
            HTTPRequest(method: "POST", url: url, body: [UInt8](repeating: 120, count: 40_000)),
            HTTPRequest(method: "POST", url: url, body: []), HTTPRequest(method: "POST", url: url),
            HTTPRequest(method: "PUT", url: url, body: [4]), HTTPRequest(method: "PATCH", url: url),
            HTTPRequest(method: "DELETE", url: url),
            HTTPRequest(method: "DELETE", url: url, body: [5]),
            HTTPRequest(method: "GET", url: url), HTTPRequest(method: "HEAD", url: url),
        ]
        requests += requests.map { request in
            var other = request
            other.egress = .address("127.0.0.1")
            return other
        }
        var alone: [(head: String, body: [UInt8])] = []
        for request in requests {
            _ = try await answered(request)
            alone += server.requests.suffix(1).map { ($0.head, $0.body) }
        }
        let client = HTTPClient()
        for first in requests {
            for (second, wanted) in zip(requests, alone) {
                _ = try await client.send(first)
                _ = try await client.send(second)
                let seen = try #require(server.requests.last)
                #expect(seen.head == wanted.head)
                #expect(seen.body == wanted.body)
            }
        }
        await client.close()
    }

    @Test("A request goes over the wire as it was given, with nothing added that matters")
    func wire() async throws {
        let server = RawServer.polite()
        defer { server.stop() }
        let request = HTTPRequest(
            method: "POST",
            url: server.url + "/v2/orders?x=1&y=%20",
            headers: [
                ("Access-Token", "t"), ("X-Empty", ""), ("Content-Type", "application/json"),
            ],
            body: Array("{}".utf8)
        )
        #expect(try await answered(request).status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.line == "POST /v2/orders?x=1&y=%20 HTTP/1.1")
        #expect(seen.body == Array("{}".utf8))
        #expect(
            Set(seen.headers) == [
                "Host: 127.0.0.1:\(server.port)", "User-Agent: volley", "Accept: */*",
                "Access-Token: t", "X-Empty:", "Content-Type: application/json",
                "Content-Length: 2",
            ]
        )
    }

    @Test(
        "A body's length is told, of none where the method wants one, and no type is invented",
        arguments: [
            ("GET", nil, nil), ("HEAD", nil, nil), ("DELETE", nil, nil), ("OPTIONS", nil, nil),
            ("POST", nil, 0), ("PUT", nil, 0), ("POST", 0, 0), ("PUT", 5, 5), ("DELETE", 5, 5),
            ("GET", 5, 5), ("POST", 2_000_000, 2_000_000),
        ] as [(String, Int?, Int?)]
    )
    func methods(method: String, body: Int?, length: Int?) async throws {
        let server = RawServer.polite()
        defer { server.stop() }
        let content = body.map { (0..<$0).map { UInt8(truncatingIfNeeded: $0) } }
        let request = HTTPRequest(method: method, url: server.url + "/a", body: content)
        #expect(try await answered(request).status == 200)
        let seen = try #require(server.requests.first)
        #expect(seen.line == "\(method) /a HTTP/1.1")
        #expect(seen.body == content ?? [])
        let lengths = seen.headers.filter { $0.hasPrefix("Content-Length") }
        #expect(lengths == (length.map { ["Content-Length: \($0)"] } ?? []))
        #expect(
            !seen.headers.contains {
                $0.hasPrefix("Expect") || $0.hasPrefix("Content-Type") || $0.hasPrefix("Transfer")
            }
        )
    }

    @Test("The answer comes whole: status, headers in lower case, body")
    func answer() async throws {
        let server = RawServer { connection in
            while connection.next() != nil {
                connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
                let headers = "X-One:  a b \r\nSet-Cookie: c=1\r\nx-one: second\r\nX-Empty:\r\n"
                connection.answer(418, headers, Array("tea".utf8))
            }
        }
        defer { server.stop() }
        let client = HTTPClient()
        let request = HTTPRequest(method: "GET", url: server.url)
        let response = try await client.send(request)
        #expect(response.status == 418)
        #expect(response.body == Array("tea".utf8))
        #expect(response.header("X-ONE") == "a b" && response.header("absent") == nil)
        #expect(response.header("x-early") == nil)
        #expect(
            response.headers.map(\.name) == [
                "content-length", "x-one", "set-cookie", "x-one", "x-empty",
            ]
        )
        _ = try await client.send(request)
        await client.close()
        #expect(!server.requests.contains { $0.head.lowercased().contains("cookie") })
        #expect(server.connections == 1)
    }

    @Test("A chunked body is put together, and a large one arrives unchanged")
    func chunkedAndLarge() async throws {
        let large = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let server = RawServer { connection in
            while let request = connection.next() {
                if request.line.contains("/large") {
                    connection.answer(200, "", large)
                    continue
                }
                connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                connection.write("5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\n\r\n")
            }
        }
        defer { server.stop() }
        let client = HTTPClient()
        let chunked = try await client.send(HTTPRequest(method: "GET", url: server.url))
        #expect(chunked.body == Array("hello world".utf8))
        let whole = try await client.send(HTTPRequest(method: "GET", url: server.url + "/large"))
        #expect(whole.body == large)
        await client.close()
    }

    @Test(
        "An answer that is cut short, too long or no HTTP leaves the request unanswered",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "\0\0\0\0", "",
        ]
    )
    func brokenAnswers(answer: String) async {
        let server = RawServer { connection in
            if connection.next() != nil { connection.write(answer) }
        }
        defer { server.stop() }
        let request = HTTPRequest(
            method: "POST",
            url: server.url,
            body: [1]
        )
        #expect(isUnanswered(await failure(request)))
        #expect(server.requests.count == 1)
    }

    @Test("An answer longer than asked for, in its body or its header lines, is given up on")
    func longAnswers() async throws {
        let server = RawServer { connection in
            while let request = connection.next() {
                let lines = request.line.contains("/head") ? 90 : 1
                let headers = String(
                    repeating: "X: \(String(repeating: "y", count: 900))\r\n",
                    count: lines
                )
                connection.answer(200, headers, [UInt8](repeating: 1, count: 2000))
            }
        }
        defer { server.stop() }
        var request = HTTPRequest(method: "POST", url: server.url, body: [1])
        request.maximumResponseBytes = 2000
        #expect(try await answered(request).body.count == 2000)
        request.maximumResponseBytes = 1999
        #expect(isUnanswered(await failure(request)))
        request.maximumResponseBytes = 2000
        request.url += "/head"
        #expect(isUnanswered(await failure(request)))
        #expect(server.requests.count == 3)
    }

    @Test("A request that could be read as two is not sent")
    func injection() async {
        let server = RawServer.polite()
        defer { server.stop() }
        let bad: [HTTPRequest] = [
            HTTPRequest(method: "GET / HTTP/1.1\r\nX:", url: server.url),
            HTTPRequest(method: "", url: server.url),
            HTTPRequest(method: "GET", url: server.url + "/a\r\nX: y"),
            HTTPRequest(method: "GET", url: server.url + "/a b"),
            HTTPRequest(method: "GET", url: server.url, headers: [("A", "b\r\nC: d")]),
            HTTPRequest(method: "GET", url: server.url, headers: [("A", "b\0c")]),
            HTTPRequest(method: "GET", url: server.url, headers: [("A: b\r\nC", "d")]),
            HTTPRequest(method: "GET", url: server.url, headers: [("A:", "d")]),
            HTTPRequest(method: "GET", url: server.url, headers: [("", "d")]),
            HTTPRequest(
                method: "POST",
                url: server.url,
                headers: [("Content-Length", "0")],
                body: [1]
            ),
            HTTPRequest(
                method: "POST",
                url: server.url,
                headers: [("transfer-encoding", "chunked")]
            ),
        ]
        for request in bad { #expect(isNotSent(await failure(request))) }
        #expect(server.requests.isEmpty && server.connections == 0)
    }

    @Test("Two hundred requests at once share the host's few connections")
    func concurrency() async {
        let server = RawServer { connection in
            while let request = connection.next() { connection.answer(200, "", request.body) }
        }
        defer { server.stop() }
        let metrics = Metrics()
        let client = HTTPClient(HTTPClientConfiguration(perHost: 16), metrics: metrics)
        let right = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let body = Array("request \(index)".utf8)
                    let request = HTTPRequest(
                        method: "POST",
                        url: server.url,
                        body: body,
                        timeout: .seconds(60)
                    )
                    return (try? await client.send(request))?.body == body
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(right == 200)
        #expect(server.mostOpen <= 16)
        #expect(server.requests.count == 200)
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        #expect(text.contains(#"http_client_requests_total{outcome="answered"} 200"#))
        #expect(text.contains("http_client_connections_total \(server.connections)"))
        await client.close()
    }
}
