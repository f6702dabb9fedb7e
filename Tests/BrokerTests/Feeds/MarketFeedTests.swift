import BrokerFaces
import BrokerKit
import Desk
import JSON
import Synchronization
import Testing
import Trading
import WebSocket
import Zerodha

/// The brokers' market feeds, by the same rules, at the sandbox's sockets.
@Suite("Market feeds", .timeLimit(.minutes(20)))
struct MarketFeedTests {
    @Test("The exchange's prices come, with the day's figures", arguments: FeedUnderTest.allCases)
    func prices(_ broker: FeedUnderTest) async throws {
        try await broker.visit { floor in
            let feed = broker.feed(floor)
            #expect(feed.broker.rawValue == broker.rawValue)
            let subscription = FeedSubscription([broker.named(FeedUnderTest.reliance)])
            try await broker.following(feed, subscription) { heard in
                try await until("the first price is there") {
                    heard.last(FeedUnderTest.reliance)?.price == Price(rupees: "2950")
                }
                try await floor.price("RELIANCE", "3011.60")
                try await until("the next price is there") {
                    heard.last(FeedUnderTest.reliance)?.price == Price(rupees: "3011.60")
                }
                let day = try #require(heard.last(FeedUnderTest.reliance)?.day)
                #expect(day.previousClose == Price(rupees: "2950"))
                #expect(day.high == Price(rupees: "3011.60"))
                #expect(try #require(day.low) <= Price(rupees: "2950") ?? Price(raw: 1))
                #expect(try #require(day.open) > Price(raw: 1))
                #expect(try #require(day.bid) < (try #require(day.ask)))
                #expect(heard.reasons.isEmpty)
            }
        }
    }

    @Test(
        "What is wanted may change while it is followed, and nothing else comes",
        arguments: FeedUnderTest.allCases
    )
    func changes(_ broker: FeedUnderTest) async throws {
        try await broker.visit { floor in
            let subscription = FeedSubscription()
            try await broker.following(broker.feed(floor), subscription) { heard in
                subscription.want([broker.named(FeedUnderTest.reliance)])
                try await until("one comes") { heard.last(FeedUnderTest.reliance) != nil }
                #expect(heard.last(FeedUnderTest.tcs) == nil)
                subscription.want([broker.named(FeedUnderTest.tcs)])
                // What was on its way may still come; then only the other one does.
                try await until("only the other one comes") {
                    heard.forget()
                    try await until("it comes") { heard.last(FeedUnderTest.tcs) != nil }
                    return heard.last(FeedUnderTest.reliance) == nil
                }
            }
        }
    }

    @Test(
        "A wrong token is refused, tried again, and told to nobody",
        arguments: FeedUnderTest.allCases
    )
    func wrongToken(_ broker: FeedUnderTest) async throws {
        try await broker.visit { floor in
            let token = broker == .zerodha ? "testkey:WRONG" : "WRONG"
            let subscription = FeedSubscription([broker.named(FeedUnderTest.reliance)])
            let feed = broker.feed(floor, clock: NoPause())
            try await broker.following(feed, subscription, token: token) { heard in
                try await until("it was refused twice") { heard.reasons.count >= 2 }
                #expect(heard.ticks.isEmpty)
                for reason in heard.reasons { #expect(!reason.contains("WRONG")) }
            }
        }
    }

    @Test(
        "An account has no more connections than its broker allows",
        arguments: FeedUnderTest.allCases.filter { $0.connections != nil }
    )
    func connections(_ broker: FeedUnderTest) async throws {
        try await broker.visit { floor in
            let subscription = FeedSubscription([broker.named(FeedUnderTest.reliance)])
            let most = try #require(broker.connections)
            let allowed = (0..<most).map { _ in Heard() }
            let refused = Heard()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for heard in allowed {
                    let feed = broker.feed(floor)
                    group.addTask {
                        await feed.follow(broker.session(), subscription, heard.listener)
                    }
                }
                try await until("all that are allowed hear") {
                    allowed.allSatisfy { !$0.ticks.isEmpty }
                }
                let feed = broker.feed(floor)
                group.addTask {
                    await feed.follow(broker.session(), subscription, refused.listener)
                }
                try await until("one more is refused") { !refused.reasons.isEmpty }
                #expect(refused.ticks.isEmpty)
                if broker == .dhan { #expect(refused.reasons.first?.contains("805") == true) }
                group.cancelAll()
            }
        }
    }

    @Test("A connection that ends is made again, and subscribes to all that is wanted")
    func again() async throws {
        let requests = Mutex<[String]>([])
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            var messages = connection.messages.makeAsyncIterator()
            for _ in 0..<2 {
                guard case .text(let text) = try? await messages.next() else { return }
                requests.withLock { $0.append(text) }
            }
            // Ends here, so the server closes the connection.
        }
        try server.start()
        let broker = FeedUnderTest.zerodha
        let dialect = ZerodhaFeed(url: "ws://127.0.0.1:\(server.port)")
        let feed = FeedSocket(.zerodha, room: 1, dialect, clock: Unhurried())
        let subscription = FeedSubscription([broker.named(FeedUnderTest.reliance)])
        try await broker.following(feed, subscription) { _ in
            try await until("it came three times") { requests.withLock { $0.count } >= 6 }
        }
        let seen = requests.withLock { $0 }
        for place in stride(from: 0, to: 6, by: 2) {
            // As the official SDK writes them, but for the blanks.
            #expect(seen[place] == #"{"a":"subscribe","v":[738561]}"#)
            #expect(seen[place + 1] == #"{"a":"mode","v":["full",[738561]]}"#)
        }
        await server.stop()
    }

    @Test("A server that promised signs of life and gives none counts as lost")
    func silence() async throws {
        let server = WebSocketServer(WebSocketServerConfiguration(port: 0)) { connection in
            var messages = connection.messages.makeAsyncIterator()
            while (try? await messages.next()) != nil {}
        }
        try server.start()
        let broker = FeedUnderTest.zerodha
        let dialect = ZerodhaFeed(url: "ws://127.0.0.1:\(server.port)")
        let feed = FeedSocket(.zerodha, room: 1, dialect, clock: NoPause())
        try await broker.following(feed, FeedSubscription()) { heard in
            try await until("it is given up") {
                heard.reasons.contains { $0.hasPrefix("silent for") }
            }
        }
        await server.stop()
    }
}

/// A clock on which pauses take no time, but what is waited for longer never comes.
private struct Unhurried: Clock {
    let now = ContinuousClock.now
    let minimumResolution: Duration = .nanoseconds(1)

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        // Pauses before another try are shorter than the silence that a feed may keep.
        if now.duration(to: deadline) > .seconds(5) {
            try await Task.sleep(for: .seconds(3_600))
        }
        try Task.checkCancellation()
        await Task.yield()
    }
}
