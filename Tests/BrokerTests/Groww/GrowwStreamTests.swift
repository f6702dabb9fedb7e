import BrokerFaces
import BrokerKit
import Desk
import HTTPServer
import JSON
import Testing
import Trading
import WebSocket

@testable import Groww

/// The order stream as a source of hints, at the sandbox's socket.
@Suite("Groww: order stream", .timeLimit(.minutes(20)))
struct GrowwStreamTests {
    @Test("Every change of an order placed anywhere in the account gives Groww's id of it")
    func hints() async throws {
        try await GrowwFloor.visit { floor in
            let (events, listener) = StreamEvent.listener()
            let stream = Self.stream(floor)
            #expect(stream.broker == .groww)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await stream.follow(GrowwSample.session(), listener) }
                var heard = events.makeAsyncIterator()
                // From here on nothing is missed: the subscriptions are taken.
                #expect(await heard.next() == .connected)
                let resting = Self.attempt("VLIVE0001", price: "2900.00")
                let first = try #require(await floor.broker.place(resting).brokerOrderID)
                let foreign = BrokerHint.foreignOrder(client: "1000000001", code: "INE002A01018")
                // That it is on its way or waits is no news, if it is ours.
                #expect(await heard.next() == .hinted([foreign]))
                #expect(await heard.next() == .hinted([foreign]))
                try await floor.broker.cancel(Sample.live(resting, first))
                #expect(await heard.next() == .hinted([.numbered(first), foreign]))
                let market = Self.attempt("VLIVE0002")
                let second = try #require(await floor.broker.place(market).brokerOrderID)
                var filled = await heard.next()
                while filled == .hinted([foreign]) { filled = await heard.next() }
                #expect(filled == .hinted([.numbered(second), foreign]))
                // Cut off, it comes again with a token and a key of their own.
                try await floor.control("DELETE", "/streams")
                guard case .lost = await heard.next() else {
                    Issue.record("the end was not told")
                    return
                }
                #expect(await heard.next() == .connected)
                let third = try #require(
                    await floor.broker.place(Self.attempt("VLIVE0003")).brokerOrderID
                )
                var again = await heard.next()
                while again == .hinted([foreign]) { again = await heard.next() }
                #expect(again == .hinted([.numbered(third), foreign]))
                group.cancelAll()
            }
        }
    }

    @Test("Without a good token there is none for the socket, and it is said why")
    func badToken() async throws {
        try await GrowwFloor.visit { floor in
            let (events, listener) = StreamEvent.listener()
            let stream = Self.stream(floor)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await stream.follow(Sample.session(token: "OLD"), listener) }
                var heard = events.makeAsyncIterator()
                guard case .lost(let why) = await heard.next() else {
                    Issue.record("connected with a bad token")
                    return
                }
                #expect(why.contains("GA005") && !why.contains("OLD"))
                group.cancelAll()
            }
        }
    }

    @Test("The token is asked for as the official SDK does, and taken with an envelope or without")
    func asking() async throws {
        let members = #"{"token":"A.SECRET.B","subscriptionId":"s1"}"#
        let enveloped = #"{"status":"SUCCESS","payload":\#(members)}"#
        let captured = try GrowwSDKRequest.captured("generate_socket_token")
        for answer in [members, enveloped] {
            let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { peer in
                // What was given as a token comes back in the refusal.
                try? await peer.send(.binary(Array("INFO {\"nonce\":\"N\"}\r\n".utf8)))
                let words = "-ERR 'A.SECRET.B is nobody'\r\n"
                try? await peer.send(.binary(Array(words.utf8)))
                var messages = peer.messages.makeAsyncIterator()
                while (try? await messages.next()) != nil {}
            }
            try server.start()
            let path = "POST /api/apex/v1/socket/token/create/"
            try await CannedGroww.visit([path: [.init(answer)]]) { broker, canned in
                let (events, listener) = StreamEvent.listener()
                let stream = GrowwOrderStream(
                    url: "ws://127.0.0.1:\(server.port)",
                    calls: broker.calls
                )
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await stream.follow(GrowwSample.session(), listener) }
                    var heard = events.makeAsyncIterator()
                    #expect(
                        await heard.next() == .lost(#"refused("[redacted] is nobody")"#)
                    )
                    group.cancelAll()
                }
                let asked = try #require(canned.requests.first)
                #expect(captured.names(asked))
                let key = try JSONValue(parsing: asked.body)["socketKey"]?.string
                #expect(key?.count == 56 && key?.hasPrefix("U") == true)
            }
            await server.stop()
        }
    }

    private static func stream(_ floor: GrowwFloor) -> GrowwOrderStream {
        GrowwOrderStream(
            url: "ws://127.0.0.1:\(floor.sandbox.webSocketPort)/groww",
            calls: floor.broker.calls
        )
    }

    private static func attempt(_ reference: String, price: String? = nil) -> Attempt {
        Sample.attempt(
            reference,
            terms: Sample.terms(price: price),
            session: GrowwSample.session()
        )
    }
}
