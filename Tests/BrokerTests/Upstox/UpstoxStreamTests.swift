import BrokerFaces
import BrokerKit
import Desk
import DeskTesting
import HTTPClient
import HTTPServer
import JSON
import Testing
import Trading
import Upstox

/// The portfolio stream as a source of hints, at the sandbox's socket.
@Suite("Upstox: portfolio stream", .timeLimit(.minutes(20)))
struct UpstoxStreamTests {
    @Test("Every change of an order placed anywhere in the account gives its reference")
    func hints() async throws {
        try await UpstoxFloor.visit { floor in
            let (events, listener) = StreamEvent.listener()
            let stream = UpstoxOrderStream(url: "ws://127.0.0.1:\(floor.sandbox.port)/upstox")
            #expect(stream.broker == .upstox)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await stream.follow(Sample.session(), listener) }
                var heard = events.makeAsyncIterator()
                #expect(await heard.next() == .connected)
                try await Self.wait(for: 1, at: floor)
                let resting = Sample.attempt("VLIVE001", terms: Sample.terms(price: "2900.00"))
                let id = try #require(await floor.broker.place(resting).brokerOrderID)
                try await floor.broker.cancel(Sample.live(resting, id))
                _ = await floor.broker.place(Sample.attempt("VLIVE002"))
                // Not that an order is on its way or waits: only that it was cancelled, or traded.
                #expect(await heard.next() == .hinted([.order("VLIVE001")]))
                #expect(await heard.next() == .hinted([.order("VLIVE002")]))
                // Cut off, it asks for another address, since each is good once.
                try await floor.control("DELETE", "/streams")
                guard case .lost = await heard.next() else {
                    Issue.record("the end was not told")
                    return
                }
                #expect(await heard.next() == .connected)
                try await Self.wait(for: 1, at: floor)
                _ = await floor.broker.place(Sample.attempt("VLIVE003"))
                #expect(await heard.next() == .hinted([.order("VLIVE003")]))
                group.cancelAll()
            }
            try await Self.wait(for: 0, at: floor)
        }
    }

    @Test("A GTT order that fires is told of by the stream, and its look is brought forward")
    func firedTrigger() async throws {
        let one = try #require(
            ConditionalCase.all.first { $0.broker == .upstox && $0.kind == .single }
        )
        let clock = ManualClock()
        let store = MemoryStore(clock: clock)
        let conditionals = MemoryConditionals(clock: clock)
        let take = TakeHints(
            store: store,
            live: store,
            conditionals: conditionals,
            queue: MemoryQueue(),
            clock: clock
        )
        try await one.visit { floor in
            let (events, listener) = StreamEvent.listener()
            let stream = UpstoxOrderStream(url: "ws://127.0.0.1:\(floor.sandbox.port)/upstox")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await stream.follow(Sample.session(), listener) }
                var heard = events.makeAsyncIterator()
                #expect(await heard.next() == .connected)
                let id = try #require(await floor.broker.place(one.attempt(floor)).brokerOrderID)
                try await until("the sandbox has a listener") {
                    let accounts = try await floor.control("GET", "/accounts")["accounts"]
                    return accounts?[0]?["listeners"]?.int64 == 1
                }
                // That it waits is no news; the price that it waits for is.
                #expect(conditionals.hints.isEmpty)
                try await floor.price("RELIANCE", "2899.00")
                guard case .hinted(let hints) = await heard.next() else {
                    Issue.record("nothing was told")
                    return
                }
                #expect(hints == [.conditional(id)])
                take(hints, of: .upstox)
                try await take.flush()
                #expect(conditionals.hints == [.named(.upstox, id)])
                group.cancelAll()
            }
        }
    }

    @Test("Without a good token there is no address, and it is said why")
    func badToken() async throws {
        try await UpstoxFloor.visit { floor in
            let (events, listener) = StreamEvent.listener()
            let stream = UpstoxOrderStream(url: "ws://127.0.0.1:\(floor.sandbox.port)/upstox")
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await stream.follow(Sample.session(token: "OLD"), listener) }
                var heard = events.makeAsyncIterator()
                guard case .lost(let why) = await heard.next() else {
                    Issue.record("connected with a bad token")
                    return
                }
                #expect(why.contains("UDAPI100050") && !why.contains("OLD"))
                group.cancelAll()
            }
        }
    }

    @Test("An address that is no socket's is lost at once")
    func noSocket() async throws {
        let answer = Canned.data(#"{"authorized_redirect_uri":"http://x/"}"#)
        let path = "GET /api/v2/feed/portfolio-stream-feed/authorize"
        try await CannedUpstox.visit([path: answer]) { _, canned in
            let (events, listener) = StreamEvent.listener()
            let calls = BrokerCalls(base: canned.root + "/api", client: HTTPClient())
            let stream = UpstoxPortfolioStream(calls: calls, session: Sample.session())
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await stream.run(listener) }
                var heard = events.makeAsyncIterator()
                guard case .lost = await heard.next() else {
                    Issue.record("connected to an address that is no socket's")
                    return
                }
                group.cancelAll()
            }
            #expect(canned.requests.first?.query("update_types") == "order,gtt_order")
        }
    }

    @Test("Of the webhooks of one order that fills, those that bring news give its reference")
    func webhooks() async throws {
        let (letters, letter) = AsyncStream.makeStream(of: [UInt8].self)
        let server = HTTPServer(
            HTTPServerConfiguration(port: 0),
            routes: [
                HTTPRoute("POST", "/hook") { request in
                    letter.yield(request.body)
                    return HTTPServerResponse(status: 200, body: .bytes([]))
                }
            ]
        )
        try server.start()
        let account = """
            {"face":"upstox","client_id":"1000000001","token":"TESTTOKEN",
            "postback_url":"http://127.0.0.1:\(server.port)/hook"}
            """
        try await UpstoxFloor.visit(account: account) { floor in
            _ = await floor.broker.place(Sample.attempt("VHOOK001"))
            var told: [String: [String]] = [:]
            // Letters may overtake each other.
            for await body in letters.prefix(3) {
                let status = try JSONValue(parsing: body).text("status") ?? ""
                told[status] = UpstoxHints().references(in: body)
            }
            #expect(told == ["open pending": [], "open": [], "complete": ["VHOOK001"]])
        }
        await server.stop(grace: .seconds(5))
    }

    private static func wait(for count: Int64, at floor: UpstoxFloor) async throws {
        try await until("the sandbox has \(count) listeners") {
            let accounts = try await floor.control("GET", "/accounts")["accounts"]
            return accounts?[0]?["listeners"]?.int64 == count
        }
    }
}
