import BrokerKit
import Desk
import Dhan
import Groww
import HTTPClient
import HTTPServer
import Synchronization
import Testing
import Trading
import WebSocket
import Zerodha

/// An account's streams leave from where its orders do.
@Suite("Streams leave from the account's address", .timeLimit(.minutes(5)))
struct StreamEgressTests {
    /// What a server saw, and why connections ended.
    private final class Seen: Sendable {
        private let held = Mutex<(peers: [String], reasons: [String])>(([], []))
        var peers: [String] { held.withLock(\.peers) }
        var reasons: [String] { held.withLock(\.reasons) }
        func peer(_ address: String) { held.withLock { $0.peers.append(address) } }
        func lost(_ why: String) { held.withLock { $0.reasons.append(why) } }
    }

    /// Lets a stream listen to a server for a while.
    private func seeing(
        egress: String?,
        until isEnough: @Sendable (Seen) -> Bool,
        _ follow: @escaping @Sendable (String, BrokerSession, Seen) async -> Void
    ) async throws -> Seen {
        let seen = Seen()
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            seen.peer(connection.remoteAddress)
            var messages = connection.messages.makeAsyncIterator()
            while (try? await messages.next()) != nil {}
        }
        try server.start()
        let url = "ws://127.0.0.1:\(server.port)"
        let session = Sample.session(token: "key:token", egress: egress)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await follow(url, session, seen) }
            try await until("something was seen") { isEnough(seen) }
            group.cancelAll()
        }
        await server.stop()
        return seen
    }

    private static let streams: [@Sendable (String, BrokerSession, Seen) async -> Void] = [
        { url, session, seen in
            await DhanOrderStream(url: url).follow(session, listener(seen))
        },
        { url, session, seen in
            await ZerodhaOrderStream(url: url).follow(session, listener(seen))
        },
        { url, session, seen in
            let feed = FeedSocket(.zerodha, room: 1, ZerodhaFeed(url: url))
            let listener = FeedListener(
                ticked: { _ in },
                heard: {},
                lost: { why, _ in seen.lost(why) }
            )
            await feed.follow(session, FeedSubscription(), listener)
        },
    ]

    @Test("Groww's token is asked for from there too")
    func growwToken() async throws {
        let peers = Mutex<[String]>([])
        let route = HTTPRoute("POST", "/api/apex/v1/socket/token/create/") { request in
            peers.withLock { $0.append(request.remoteAddress) }
            return HTTPServerResponse(
                status: 200,
                body: .bytes(Array(#"{"token":"A","subscriptionId":"B"}"#.utf8))
            )
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: [route])
        try server.start()
        let calls = BrokerCalls(base: "http://127.0.0.1:\(server.port)", client: HTTPClient())
        let enough = { @Sendable (seen: Seen) in !seen.peers.isEmpty }
        let seen = try await seeing(egress: "127.0.0.2", until: enough) { url, session, seen in
            await GrowwOrderStream(url: url, calls: calls).follow(session, Self.listener(seen))
        }
        #expect(seen.peers.first == "127.0.0.2")
        #expect(peers.withLock { $0 }.first == "127.0.0.2")
        await server.stop(grace: .seconds(5))
    }

    private static func listener(_ seen: Seen) -> OrderStreamListener {
        OrderStreamListener(hinted: { _ in }, connected: {}, lost: { why, _ in seen.lost(why) })
    }

    @Test("From the bound address, and from whichever where none is bound")
    func address() async throws {
        for stream in Self.streams {
            for (egress, peer) in [("127.0.0.2", "127.0.0.2"), (nil, "127.0.0.1")] {
                let seen = try await seeing(egress: egress, until: { !$0.peers.isEmpty }, stream)
                #expect(seen.peers.first == peer)
            }
        }
    }

    @Test("Not at all where the address is not this machine's, or a proxy is bound")
    func elsewhere() async throws {
        for stream in Self.streams {
            for egress in ["192.0.2.7", "http://user:secret@proxy.example:3128"] {
                let seen = try await seeing(egress: egress, until: { !$0.reasons.isEmpty }, stream)
                #expect(seen.peers.isEmpty)
                #expect(seen.reasons.allSatisfy { !$0.contains("secret") })
            }
        }
    }
}
