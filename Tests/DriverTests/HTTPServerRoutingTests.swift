import HTTPServer
import Telemetry
import Testing

@Suite("HTTP server: routes and requests", .timeLimit(.minutes(20)))
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

    @Test(
        "An address that is not exactly encoded is refused with 400",
        arguments: ["/a/%zz", "/a/%4", "/a/%", "/a/%00", "/a/%ff", "/a/x?q=%zz", "/a/x?%ff=1"]
    )
    func refusesBadEncoding(target: String) async throws {
        try await serving([HTTPRoute("GET", "/a/{x}") { _ in .text("reached") }]) { server in
            let answer = try await ask(server, "GET \(target) HTTP/1.1")
            #expect(answer.status == 400)
            #expect(answer.text != "reached")
        }
    }

    @Test(
        "A literal segment wins over a parameter, wherever it stands",
        arguments: [
            ("GET /orders/search", "search"), ("GET /orders/7", "one"), ("GET /orders/", "all"),
            ("GET /orders", "all"), ("GET /orders/7/", "one"), ("GET /orders/7/fills", "fills"),
            ("GET /orders/search/fills", "fills"), ("GET /", "root"),
            // No GET of its own, so the parameter takes it.
            ("GET /orders/cancel", "one"), ("POST /orders/cancel", "cancel"),
        ]
    )
    func precedence(request: String, name: String) async throws {
        let patterns = [
            ("GET", "/orders/{id}", "one"), ("GET", "/orders/search", "search"),
            ("GET", "/orders", "all"), ("GET", "/orders/{order}/fills", "fills"),
            ("POST", "/orders/cancel", "cancel"), ("GET", "/", "root"),
        ]
        let routes = patterns.map { method, pattern, name in
            HTTPRoute(method, pattern) { _ in .text(name) }
        }
        try await serving(routes) { server in
            let headers = request.hasPrefix("POST") ? ["Content-Length: 0"] : []
            let answer = try await ask(server, "\(request) HTTP/1.1", headers)
            #expect(answer.text == name)
        }
    }

    @Test("An unknown path is 404, and a known one under another method 405 with Allow")
    func refusals() async throws {
        let routes = [
            HTTPRoute("GET", "/a") { _ in .text("a") },
            HTTPRoute("DELETE", "/a") { _ in .text("a") },
        ]
        try await serving(
            routes,
            fallback: { request, refusal in
                .text("\(refusal.status) \(request.method) \(request.path)", status: refusal.status)
            }
        ) { server in
            let missing = try await ask(server, "GET /b HTTP/1.1")
            #expect(missing.status == 404)
            #expect(missing.text == "404 GET /b")
            #expect(try await ask(server, "GET //a HTTP/1.1").status == 404)
            let wrong = try await ask(server, "PUT /a HTTP/1.1", ["Content-Length: 3"], body: "xyz")
            #expect(wrong.status == 405)
            #expect(wrong.headers["allow"] == "DELETE, GET, HEAD")
        }
    }

    @Test("HEAD is answered by the GET route, with its length and without its body")
    func head() async throws {
        let routes = [
            HTTPRoute("GET", "/a") { _ in .text("twelve bytes") },
            HTTPRoute("GET", "/s") { _ in
                HTTPServerResponse(status: 200, body: .stream { try await $0.write([1, 2, 3]) })
            },
        ]
        try await serving(routes) { server in
            let peer = try RawPeer(port: server.port)
            try await peer.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try await peer.readResponse(head: true)
            #expect(answer.status == 200)
            #expect(answer.headers["content-length"] == "12")
            // Had a body been sent, it would stand before this answer.
            try await peer.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await peer.readResponse().text == "twelve bytes")
            try await peer.send("HEAD /s HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await peer.readResponse(head: true).status == 200)
            #expect(try await peer.readToEnd().bytes.isEmpty)
            await peer.close()
        }
    }

    @Test("A header that would break the framing is not sent; the connection is closed instead")
    func headerInjection() async throws {
        let route = HTTPRoute("GET", "/a") { request in
            var response = HTTPServerResponse.text("x")
            response.headers.append(("X-Echo", request.query("v") ?? ""))
            return response
        }
        try await serving([route]) { server in
            #expect(try await ask(server, "GET /a?v=fine HTTP/1.1").headers["x-echo"] == "fine")
            let peer = try RawPeer(port: server.port)
            try await peer.send("GET /a?v=a%0d%0aSet-Cookie:%20b HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await peer.readToEnd().bytes.isEmpty)
            await peer.close()
        }
    }

    @Test("Requests are counted by route and status, not by path")
    func metrics() async throws {
        let metrics = Metrics()
        let server = HTTPServer(
            HTTPServerConfiguration(port: 0),
            routes: [HTTPRoute("GET", "/orders/{id}") { _ in .text("x", status: 202) }],
            metrics: metrics
        )
        try server.start()
        for path in ["/orders/1", "/orders/2", "/nowhere"] {
            _ = try await ask(server, "GET \(path) HTTP/1.1")
        }
        await server.stop(grace: .seconds(30))
        let text = String(decoding: metrics.exposition(), as: UTF8.self)
        #expect(text.contains(#"http_requests_total{route="/orders/{id}",status="202"} 2"#))
        #expect(text.contains(#"http_requests_total{route="none",status="404"} 1"#))
        #expect(text.contains(#"http_handler_seconds_count{route="/orders/{id}"} 2"#))
        #expect(!text.contains("/orders/1"))
    }
}
