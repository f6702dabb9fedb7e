import HTTPServer
import Synchronization
import Testing
import WebSocket

@Suite("WebSocket: messages", .timeLimit(.minutes(20)))
struct WebSocketMessageTests {
    @Test("Text and binary messages come back as they went, of any size")
    func echoes() async throws {
        try await servingWebSockets(handler: echo) { _, url in
            let connection = try await WebSocketClient.connect(url: url)
            let large = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let messages: [WebSocketMessage] = [
                .text("hello"), .text(""), .binary([]), .text("₹ नमस्ते 🙂"), .binary([0, 255, 1]),
                .binary(large), .text(String(repeating: "x", count: 1 << 20)),
                .binary([UInt8](repeating: 7, count: 65_535)), .text("end"),
            ]
            for message in messages {
                try await connection.send(message)
                let back = try await connection.receive()
                #expect(back == message)
            }
            await connection.close()
            #expect(connection.closure?.code == 1000)
            await #expect(throws: WebSocketError.closed) {
                try await connection.send(.text("late"))
            }
            #expect(try await connection.receive() == nil)
        }
    }

    @Test("The server sees path, query and headers, and needs no sub-protocol")
    func handshake() async throws {
        try await servingWebSockets(
            configure: { $0.customHeaders = ["x-kite-version", "x-absent"] },
            handler: { connection in
                let query = connection.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
                let seen = [
                    connection.path, query, connection.header("authorization") ?? "-",
                    connection.header("x-kite-version") ?? "-",
                    connection.header("x-absent") ?? "-", connection.remoteAddress,
                    connection.header("sec-websocket-protocol") ?? "-",
                ]
                try? await connection.send(.text(seen.joined(separator: " ")))
            }
        ) { _, url in
            let token = String(repeating: "t", count: 3000)
            let connection = try await WebSocketClient.connect(
                url: url + "/order-updates?api_key=k&access_token=a%20b&api_key=2",
                headers: [("Authorization", "Bearer \(token)"), ("X-Kite-Version", "3")]
            )
            #expect(
                try await connection.receive()
                    == .text(
                        "/order-updates api_key=k|access_token=a b|api_key=2 Bearer \(token) 3 - "
                            + "127.0.0.1 -"
                    )
            )
            // The handler has returned, so the server closes.
            #expect(try await connection.receive() == nil)
            #expect(connection.closure?.code == 1000)
        }
    }

    @Test("It leaves from the address that it is told, and not at all where that is not there")
    func localAddress() async throws {
        try await servingWebSockets(
            handler: { try? await $0.send(.text($0.remoteAddress)) }
        ) { _, url in
            for address in ["127.0.0.2", "127.0.0.3"] {
                let connection = try await WebSocketClient.connect(url: url, from: address)
                #expect(try await connection.receive() == .text(address))
            }
            await #expect(throws: WebSocketError.self) {
                _ = try await WebSocketClient.connect(url: url, from: "192.0.2.1")
            }
        }
    }

    @Test("A message in fragments, with a ping in between, is one message")
    func fragments() async throws {
        try await servingWebSockets(handler: echo) { server, _ in
            let peer = try RawPeer(port: server.port)
            try await peer.openWebSocket()
            // The rupee sign is cut in two.
            let bytes = Array("a₹b".utf8)
            try await peer.sendFrame(1, isFinal: false, Array(bytes[..<2]))
            try await peer.sendFrame(9, Array("ping".utf8))
            try await peer.sendFrame(0, isFinal: false, Array(bytes[2..<4]))
            try await peer.sendFrame(0, Array(bytes[4...]))
            let pong = try await peer.readFrame()
            #expect(pong.opcode == 10)
            #expect(pong.payload == Array("ping".utf8))
            let message = try await peer.readFrame()
            #expect(message.opcode == 1)
            #expect(message.payload == bytes)
            await peer.close()
        }
    }

    @Test("A message that is too large or no UTF-8 closes the connection with its code")
    func refused() async throws {
        try await servingWebSockets(
            configure: { $0.options.maximumMessageBytes = 1000 },
            handler: echo
        ) { server, url in
            let connection = try await WebSocketClient.connect(url: url)
            try await connection.send(.binary([UInt8](repeating: 1, count: 1000)))
            #expect(try await connection.receive()?.isBinary == true)
            try await connection.send(.binary([UInt8](repeating: 1, count: 1001)))
            #expect(try await connection.receive() == nil)
            #expect(connection.closure?.code == 1009)
            let peer = try RawPeer(port: server.port)
            try await peer.openWebSocket()
            try await peer.sendFrame(1, [0xFF, 0xFE])
            let close = try await peer.readFrame()
            #expect(close.opcode == 8)
            #expect(close.payload == [0x03, 0xEF])
            await peer.close()
        }
    }

    @Test("Two hundred connections at once each get their own echoes, beside an HTTP server")
    func many() async throws {
        try await serving([HTTPRoute("GET", "/a") { _ in .text("beside") }]) { http in
            try await servingWebSockets(handler: echo) { _, url in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let connection = try await WebSocketClient.connect(url: url)
                            var correct = 0
                            for count in 0..<20 {
                                let message = WebSocketMessage.text("\(number) \(count)")
                                try await connection.send(message)
                                if try await connection.receive() == message { correct += 1 }
                            }
                            await connection.close()
                            return correct
                        }
                    }
                    let correct = try await group.reduce(0, +)
                    #expect(correct == 4000)
                }
            }
            let answer = try await ask(http, "GET /a HTTP/1.1")
            #expect(answer.text == "beside")
        }
    }

    @Test("A server pushes, waits for a slow client, and nothing is lost")
    func pushing() async throws {
        let sent = Atomic<Int>(0)
        let total = 2000
        try await servingWebSockets(handler: { connection in
            do {
                for number in 0..<total {
                    var bytes = [UInt8](repeating: 0, count: 32 << 10)
                    bytes[0] = UInt8(truncatingIfNeeded: number)
                    try await connection.send(.binary(bytes))
                    sent.add(1, ordering: .relaxed)
                }
            } catch {
                Issue.record("sending failed: \(error)")
            }
        }) { _, url in
            let connection = try await WebSocketClient.connect(url: url, options: .patient)
            // Nobody reads, so that the sender must be waiting once the number no longer moves.
            var before = -1
            while sent.load(ordering: .relaxed) != before {
                before = sent.load(ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(before < total)
            var received = 0
            for try await message in connection.messages {
                guard case .binary(let bytes) = message,
                    bytes.first == UInt8(truncatingIfNeeded: received)
                else {
                    Issue.record("message \(received) is not the one expected")
                    break
                }
                received += 1
            }
            #expect(received == total)
        }
    }
}

extension WebSocketMessage {
    fileprivate var isBinary: Bool {
        if case .binary = self { return true }
        return false
    }
}
