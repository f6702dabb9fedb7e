import HTTPServer
import Testing
import WebSocket

@Suite("WebSocket: connections given up at any point", .timeLimit(.minutes(20)))
struct WebSocketAbuseTests {
    @Test("Two thousand raw connections broken off at random leave nothing at the server")
    func server() async throws {
        try await servingWebSockets(handler: echo) { server, url in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<20 {
                    group.addTask {
                        var random = SeededRandom(seed: UInt64(worker))
                        for _ in 0..<100 { try await Self.misbehave(server.port, &random) }
                    }
                }
                try await group.waitForAll()
            }
            let connection = try await WebSocketClient.connect(url: url)
            try await connection.send(.text("still here"))
            #expect(try await connection.receive() == .text("still here"))
            await connection.close()
        }
    }

    private static func misbehave(_ port: Int, _ random: inout SeededRandom) async throws {
        let peer = try RawPeer(port: port)
        switch random.next() % 5 {
        case 0: break
        case 1: try await peer.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webso")
        case 2: try await peer.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
        case 3:
            try await peer.openWebSocket()
            try await peer.sendFrame(1, isFinal: false, Array("begun".utf8))
        default:
            try await peer.openWebSocket()
            try await peer.sendFrame(2, [UInt8](repeating: 1, count: 100))
            if random.next() % 2 == 0 { _ = try await peer.readFrame() }
        }
        if random.next() % 2 == 0 { await peer.abort() } else { await peer.close() }
    }

    @Test("A client's attempts, failed, cancelled and good ones alike, leave nothing behind")
    func client() async throws {
        // Authorities of its own, so that no other test's connections are counted.
        let made = await Command().run(["/bin/mktemp"])
        let path = try #require(made?.output.split(separator: "\n").first.map(String.init))
        _ = await Command().run(["/bin/cp", WebSocketOptions().certificateAuthorities, path])
        var options = WebSocketOptions()
        options.certificateAuthorities = path
        let fixed = options
        let silent = try RawListener()
        try await serving([]) { http in
            try await servingWebSockets(handler: echo) { _, url in
                let urls = [
                    url, "ws://127.0.0.1:\(http.port)", "ws://127.0.0.1:\(silent.freePort)",
                    "wss" + url.dropFirst(2), "ws://127.0.0.1:\(silent.port)",
                ]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<250 {
                        group.addTask {
                            let attempt = Task {
                                let url = urls[number % urls.count]
                                let connection = try await WebSocketClient.connect(
                                    url: url,
                                    options: fixed
                                )
                                if number % 2 == 0 { await connection.close() }
                            }
                            // Some before, some during, some after the handshake.
                            for _ in 0..<(number % 7) { await Task.yield() }
                            let isEndless = number % urls.count == 4
                            if number % 3 == 0 || isEndless { attempt.cancel() }
                            _ = await attempt.result
                        }
                    }
                    try await group.waitForAll()
                }
                try await waitUntil { WebSocketClient.connectionCount(trusting: path) == 0 }
            }
        }
        _ = await Command().run(["/bin/rm", path])
    }
}
