import HTTPServer
import Synchronization
import Testing
import WebSocket

@Suite("WebSocket: how connections begin and end", .timeLimit(.minutes(20)))
struct WebSocketEndingTests {
    @Test(
        "Either side's close code and reason reach the other",
        arguments: [1000, 1001, 1008, 4001]
    )
    func closeCodes(code: Int) async throws {
        let (closures, report) = AsyncStream<WebSocketClosure?>.makeStream()
        try await servingWebSockets(handler: { connection in
            if connection.path == "/server" {
                await connection.close(code: code, reason: "because")
            } else {
                await echo(connection)
                report.yield(connection.closure)
            }
        }) { _, url in
            let expected = WebSocketClosure(code: code, reason: "because")
            let closed = try await WebSocketClient.connect(url: url + "/server")
            #expect(try await closed.receive() == nil)
            #expect(closed.closure == expected)
            let closing = try await WebSocketClient.connect(url: url + "/client")
            await closing.close(code: code, reason: "because")
            var seen = closures.makeAsyncIterator()
            #expect(await seen.next() == .some(expected))
        }
    }

    @Test("What was sent before a close arrives before it")
    func closeAfterData() async throws {
        try await servingWebSockets(handler: { connection in
            for number in 0..<100 { try? await connection.send(.text("\(number)")) }
        }) { _, url in
            let connection = try await WebSocketClient.connect(url: url)
            var texts: [String] = []
            for try await case .text(let text) in connection.messages { texts.append(text) }
            #expect(texts == (0..<100).map(String.init))
        }
    }

    @Test("A client that stops answering pings is lost to the server")
    func deadClient() async throws {
        let (endings, report) = AsyncStream<Bool>.makeStream()
        try await servingWebSockets(
            configure: {
                $0.options.pingAfter = .seconds(1)
                $0.options.lostAfter = .seconds(2)
            },
            handler: { connection in
                do {
                    for try await _ in connection.messages {}
                    report.yield(false)
                } catch {
                    if case WebSocketError.lost = error { report.yield(true) }
                }
            }
        ) { server, _ in
            let peer = try RawPeer(port: server.port)
            try await peer.openWebSocket()
            let ping = try await peer.readFrame()
            #expect(ping.opcode == 9)
            var ending = endings.makeAsyncIterator()
            #expect(await ending.next() == true)
            await peer.close()
        }
    }

    @Test("A client that answers pings is kept, however silent it is otherwise")
    func silentClient() async throws {
        try await servingWebSockets(
            configure: {
                $0.options.pingAfter = .seconds(1)
                // Long enough that a busy machine does not make our answer late.
                $0.options.lostAfter = .seconds(60)
            },
            handler: echo
        ) { server, _ in
            let peer = try RawPeer(port: server.port)
            try await peer.openWebSocket()
            for _ in 0..<4 {
                let ping = try await peer.readFrame()
                #expect(ping.opcode == 9)
                try await peer.sendFrame(10, ping.payload)
            }
            try await peer.sendFrame(1, Array("here".utf8))
            var frame = try await peer.readFrame()
            // Another ping may have been under way.
            while frame.opcode == 9 { frame = try await peer.readFrame() }
            #expect(frame.payload == Array("here".utf8))
            await peer.close()
        }
    }

    @Test(
        "A server that falls silent, or whose line is cut, is lost to the client",
        arguments: [UnreliableProxy.Mood.silent, .cutting]
    )
    func deadServer(mood: UnreliableProxy.Mood) async throws {
        try await servingWebSockets(handler: echo) { server, _ in
            let proxy = try UnreliableProxy(to: server.port)
            async let forwarding: Void = proxy.run()
            var options = WebSocketOptions()
            options.pingAfter = .seconds(1)
            options.lostAfter = .seconds(2)
            let connection = try await WebSocketClient.connect(
                url: "ws://127.0.0.1:\(proxy.port)",
                options: options
            )
            try await connection.send(.text("hello"))
            #expect(try await connection.receive() == .text("hello"))
            proxy.become(mood)
            let error = await #expect(throws: WebSocketError.self) {
                _ = try await connection.receive()
            }
            guard case .lost = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
            #expect(connection.closure == nil)
            proxy.become(.cutting)
            try await forwarding
        }
    }

    @Test("Where there is no server, or none for WebSockets, connecting says so")
    func refused() async throws {
        try await serving([]) { http in
            let closed = try RawListener()
            let urls = [
                "ws://127.0.0.1:\(http.port)/nothing", "ws://127.0.0.1:\(closed.freePort)",
                "ws://no.such.host.invalid/",
            ]
            for url in urls {
                let error = await #expect(throws: WebSocketError.self, "\(url)") {
                    _ = try await WebSocketClient.connect(url: url)
                }
                guard case .cannotConnect = error else {
                    Issue.record("unexpected for \(url): \(String(describing: error))")
                    continue
                }
            }
        }
    }

    @Test(
        "An address or a header that makes no sense is refused before anything is sent",
        arguments: [
            "http://127.0.0.1/", "ws://", "ws://user@host/", "ws://host:0/", "ws://host:x/",
            "ws://host/a b", "ws://[::1/", "nonsense",
        ]
    )
    func invalid(url: String) async throws {
        await #expect(throws: WebSocketError.invalidURL) {
            _ = try await WebSocketClient.connect(url: url)
        }
        await #expect(throws: WebSocketError.invalidURL) {
            _ = try await WebSocketClient.connect(
                url: "ws://127.0.0.1:1/",
                headers: [("X-A", "b\r\nX-Injected: c")]
            )
        }
    }

    @Test("A server that accepts and never answers is given up")
    func neverAnswers() async throws {
        let listener = try RawListener()
        var options = WebSocketOptions()
        options.connectTimeout = .milliseconds(300)
        // The library's own word for it, or ours, whoever's clock is looked at first.
        let words: [WebSocketError] = [
            .cannotConnect(reason: "timed out"),
            .cannotConnect(reason: "closed during the handshake"),
        ]
        let error = await #expect(throws: WebSocketError.self) {
            _ = try await WebSocketClient.connect(
                url: "ws://127.0.0.1:\(listener.port)",
                options: options
            )
        }
        #expect(error.map(words.contains) == true)
        // Another can be made at once: the loop was not held up.
        try await servingWebSockets(handler: echo) { _, url in
            let connection = try await WebSocketClient.connect(url: url)
            await connection.close()
        }
    }

    @Test("Stopping sends clients away with 1001 and waits for the handlers")
    func stopping() async throws {
        let finished = Atomic<Int>(0)
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            await echo(connection)
            await Task.yield()
            finished.add(1, ordering: .relaxed)
        }
        try server.start()
        var connections: [WebSocketConnection] = []
        for _ in 0..<20 {
            let connection = try await WebSocketClient.connect(url: "ws://127.0.0.1:\(server.port)")
            try await connection.send(.text("x"))
            _ = try await connection.receive()
            connections.append(connection)
        }
        await server.stop()
        let count = finished.load(ordering: .relaxed)
        #expect(count == 20)
        for connection in connections {
            #expect(try await connection.receive() == nil)
            #expect(connection.closure?.code == 1001)
        }
        try await waitUntil { server.connectionCount == 0 }
        await #expect(throws: WebSocketError.self) {
            _ = try await WebSocketClient.connect(url: "ws://127.0.0.1:\(server.port)")
        }
    }

    @Test("A connection that nobody holds is closed, and a cancelled reader is let go")
    func letGo() async throws {
        let (endings, report) = AsyncStream<Void>.makeStream()
        try await servingWebSockets(handler: { connection in
            await echo(connection)
            report.yield()
        }) { _, url in
            do {
                let connection = try await WebSocketClient.connect(url: url)
                let reader = Task { try await connection.receive() }
                reader.cancel()
                #expect(try await reader.value == nil)
                try await connection.send(.text("still open"))
                #expect(try await connection.receive() == .text("still open"))
            }
            var ending = endings.makeAsyncIterator()
            #expect(await ending.next() != nil)
        }
    }

    @Test("Connections beyond the limit are refused, and room is made by those that leave")
    func limit() async throws {
        try await servingWebSockets(
            configure: { $0.maximumConnections = 2 },
            handler: echo
        ) { _, url in
            let first = try await WebSocketClient.connect(url: url)
            let second = try await WebSocketClient.connect(url: url)
            await #expect(throws: WebSocketError.self) {
                _ = try await WebSocketClient.connect(url: url)
            }
            await first.close()
            try await waitUntil { (try? await WebSocketClient.connect(url: url)) != nil }
            await second.close()
        }
    }
}
