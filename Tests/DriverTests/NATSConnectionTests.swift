import JSON
import NATS
import Secrets
import Synchronization
import Testing
import WebSocket

/// A client's connection, at servers that say what they like.
@Suite("NATS: connections", .timeLimit(.minutes(10)))
struct NATSConnectionTests {
    private static let key = SigningKey(seed: Array(1...32))
    private static let identity = NATSIdentity(token: "JWT.OF.USER", key: NATSUserKey(key))
    private static let info = "INFO {\"nonce\":\"PXoWU7zWAMt75FY\",\"headers\":true}\r\n"

    /// What a server heard, line by line.
    private final class Lines: Sendable {
        private let held = Mutex<[String]>([])
        var all: [String] { held.withLock { $0 } }
        func hear(_ text: String) {
            held.withLock { $0 += text.split(separator: "\r\n").map(String.init) }
        }
    }

    /// Runs a test against a server that says `first`, `then` once it was pinged, and `later` as the
    /// client says more.
    private func visit(
        first: [String] = [info],
        then: [String] = ["PONG\r\n"],
        later: [String] = [],
        _ body: (WebSocketConnection, Lines) async throws -> Void
    ) async throws {
        let lines = Lines()
        try await servingWebSockets { peer in
            do {
                for text in first { try await peer.send(.binary(Array(text.utf8))) }
                var rest = later[...]
                for try await message in peer.messages {
                    guard case .binary(let bytes) = message else { return }
                    let text = String(decoding: bytes, as: UTF8.self)
                    lines.hear(text)
                    let answers = text.hasSuffix("PING\r\n") ? then : []
                    for answer in answers + (rest.popFirst().map { [$0] } ?? []) {
                        try await peer.send(.binary(Array(answer.utf8)))
                    }
                }
            } catch {
                // The client has gone, as some of these tests let it.
            }
        } _: { _, url in
            try await body(try await WebSocketClient.connect(url: url), lines)
        }
    }

    @Test("It introduces itself as the official SDK does, and is open once it is answered")
    func introduction() async throws {
        try await visit { socket, lines in
            let subscription = try #require(NATSSubscription("a.b", id: 4))
            let connection = try await NATSConnection.open(
                over: socket,
                as: Self.identity,
                subscribing: [subscription]
            )
            #expect(lines.all.count == 3 && lines.all[1] == "SUB a.b 4" && lines.all[2] == "PING")
            let members = try JSONValue(parsing: String(lines.all[0].dropFirst(8)))
            #expect(lines.all[0].hasPrefix("CONNECT {"))
            #expect(
                members.object?.keys.sorted() == [
                    "echo", "headers", "jwt", "lang", "no_responders", "pedantic", "protocol",
                    "sig", "verbose", "version",
                ]
            )
            #expect(members["jwt"]?.string == "JWT.OF.USER")
            let signature = Self.key.signature(of: Array("PXoWU7zWAMt75FY".utf8))
            #expect(members["sig"]?.string == Tokens.base64(signature))
            await connection.close()
        }
    }

    @Test("Messages come also where they overtake the answer, and pings are answered")
    func messages() async throws {
        let first = "MSG a 1 1\r\nx\r\n"
        let then = [first + "PONG\r\nPING\r\nMSG a 1 ", "2\r\nyz\r", "\n+OK\r\nINFO {}\r\n"]
        let later = [
            "", "", "-ERR 'Permissions Violation for Subscription to \"b\"'\r\nMSG a 1 1\r\nw\r\n",
        ]
        try await visit(then: then, later: later) { socket, lines in
            let connection = try await NATSConnection.open(over: socket, as: Self.identity)
            var messages = connection.messages.makeAsyncIterator()
            #expect(try await messages.next()?.payload == Array("x".utf8))
            #expect(try await messages.next()?.payload == Array("yz".utf8))
            #expect(try await messages.next()?.payload == Array("w".utf8))
            let subscription = try #require(NATSSubscription("b", id: 9))
            try await connection.send(.unsubscribe(subscription))
            try await waitUntil { lines.all.last == "UNSUB 9" }
            #expect(lines.all.contains("PONG"))
            await connection.close()
            #expect(try await messages.next() == nil)
            #expect(connection.closure?.code == 1000)
        }
    }

    @Test("A refusal is told in the server's words, but not the token in them")
    func refused() async throws {
        let words = "-ERR 'no JWT.OF.USER here'\r\n"
        try await visit(then: [words]) { socket, _ in
            await #expect(throws: NATSError.refused("no [redacted] here")) {
                _ = try await NATSConnection.open(over: socket, as: Self.identity)
            }
            #expect(socket.closure != nil)
        }
    }

    @Test("An error that concerns the whole connection ends it")
    func ended() async throws {
        try await visit(then: ["PONG\r\n-ERR 'User Authentication Expired'\r\n"]) { socket, _ in
            let connection = try await NATSConnection.open(over: socket, as: Self.identity)
            await #expect(throws: NATSError.refused("User Authentication Expired")) {
                for try await _ in connection.messages {}
            }
            await connection.close()
        }
    }

    @Test(
        "A server that is none is told apart",
        arguments: [
            ["PONG\r\n"], ["INFO {\"server_id\":\"A\"}\r\n"], ["INFO nothing\r\n"],
            ["HTTP/1.1 400\r\n"],
        ]
    )
    func noServer(_ first: [String]) async throws {
        try await visit(first: first) { socket, _ in
            let error = await #expect(throws: NATSError.self) {
                _ = try await NATSConnection.open(over: socket, as: Self.identity)
            }
            guard case .malformed = error else {
                Issue.record("\(error as Any)")
                return
            }
        }
    }

    @Test("A server that publishes without end before it lets anybody in is given up")
    func flood() async throws {
        let flood = String(repeating: "MSG a 1 1\r\nx\r\n", count: 1_100)
        try await visit(then: [flood]) { socket, _ in
            let error = await #expect(throws: NATSError.self) {
                _ = try await NATSConnection.open(over: socket, as: Self.identity)
            }
            guard case .malformed = error else {
                Issue.record("\(error as Any)")
                return
            }
        }
    }

    @Test("A server that says nothing is given up after a while")
    func silence() async throws {
        try await visit(first: []) { socket, _ in
            await #expect(throws: NATSError.timedOut) {
                _ = try await NATSConnection.open(
                    over: socket,
                    as: Self.identity,
                    within: .milliseconds(50)
                )
            }
        }
    }
}
