import BrokerKit
import Desk
import DeskTesting
import Dhan
import HTTPServer
import JSON
import Testing
import Trading

/// Quotes in place of a feed, asked of a server on this machine that answers word for word.
@Suite("Polled feeds", .timeLimit(.minutes(5)))
struct PolledFeedTests {
    private static let quotes = "POST /marketfeed/ltp"
    private static let down = Canned(#"{"errorMessage":"down"}"#, status: 503)

    /// What a feed was heard to say.
    private struct Ear: Sendable {
        let ticks = Recorder<[Tick]>()
        let heard = Recorder<Bool>()
        let pauses = Recorder<Duration>()

        var listener: FeedListener {
            FeedListener(
                ticked: { [ticks] in ticks.note($0.sorted { $0.instrument < $1.instrument }) },
                heard: { [heard] in heard.note(true) },
                lost: { [pauses] words, pause in
                    #expect(!words.isEmpty && !words.contains(Sample.token))
                    pauses.note(pause)
                }
            )
        }
    }

    /// Orders and quotes name it by its number, and the feed by another one.
    private static func instrument(_ number: Int64) -> FeedInstrument {
        FeedInstrument(
            instrument: InstrumentID(number),
            segment: "NSE_EQ",
            code: "feed-\(number)",
            orderCode: "\(1_000 + number)"
        )
    }

    /// An answer with a price of so many rupees for each of these.
    private static func prices(_ rupees: Int64, _ numbers: ClosedRange<Int64>) -> Canned {
        let each = numbers.map { "\"\(1_000 + $0)\":{\"last_price\":\(rupees)}" }
        return Canned("{\"data\":{\"NSE_EQ\":{\(each.joined(separator: ","))}}}")
    }

    /// Follows through Dhan's adapter with two instruments in a call and half a second between two,
    /// by a clock that `body` moves.
    private func following(
        _ subscription: FeedSubscription,
        _ answers: [Canned],
        _ body: @Sendable (ManualClock, Ear, CannedBroker) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        try await CannedBroker.visit(
            [Self.quotes: answers],
            below: "/v2",
            adapter: { DhanBroker(calls: $0("/v2")) },
            { broker, canned in
                let feed = PolledFeed(
                    broker,
                    room: 20,
                    perCall: 2,
                    pause: .milliseconds(500),
                    clock: clock
                )
                #expect(feed.broker == .dhan && feed.room == 20)
                let ear = Ear()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await feed.follow(Sample.session(), subscription, ear.listener)
                    }
                    await clock.waitForSleepers(1)
                    try await body(clock, ear, canned)
                    group.cancelAll()
                    // It ends by itself once nobody wants it any more.
                    for try await _ in group {}
                }
            }
        )
    }

    /// The numbers that each call asked for.
    private static func asked(_ canned: CannedBroker) throws -> [[Int64]] {
        try canned.requests.map { request in
            let body = try JSONValue(parsing: request.body)
            return (body["NSE_EQ"]?.array ?? []).compactMap(\.int64)
        }
    }

    @Test("All that is wanted is asked for, so many in a call, round after round")
    func rounds() async throws {
        let subscription = FeedSubscription(Set((1...5).map(Self.instrument)))
        let answers = [Self.prices(7, 1...5), Self.prices(8, 1...5)]
        try await following(subscription, answers) { clock, ear, canned in
            for _ in 0..<3 {
                clock.advance(by: .milliseconds(500))
                await clock.waitForSleepers(1)
            }
            let asked = try Self.asked(canned)
            #expect(asked == [[1_001, 1_002], [1_003, 1_004], [1_005], [1_001, 1_002]])
            #expect(clock.slept.allSatisfy { $0 == .milliseconds(500) })
            #expect(ear.heard.count == 4 && ear.pauses.count == 0)
            let told = ear.ticks.all.map { $0.map(\.instrument.raw) }
            #expect(told == [[1, 2], [3, 4], [5], [1, 2]])
            #expect(ear.ticks.all[0].allSatisfy { $0.price == Price(raw: 70_000) })
            #expect(ear.ticks.all[3].allSatisfy { $0.price == Price(raw: 80_000) })
        }
    }

    @Test("What is wanted may change, and where nothing is wanted nobody is asked")
    func changes() async throws {
        let subscription = FeedSubscription()
        try await following(subscription, [Self.prices(7, 1...9)]) { clock, ear, canned in
            #expect(canned.requests.isEmpty && ear.heard.count == 0)
            subscription.want([Self.instrument(9)])
            clock.advance(by: .milliseconds(500))
            await clock.waitForSleepers(1)
            let first = try Self.asked(canned)
            #expect(first == [[1_009]])
            subscription.want([Self.instrument(3), Self.instrument(4)])
            clock.advance(by: .milliseconds(500))
            await clock.waitForSleepers(1)
            let both = try Self.asked(canned)
            #expect(both.last == [1_003, 1_004])
            subscription.want([])
            clock.advance(by: .milliseconds(500))
            await clock.waitForSleepers(1)
            #expect(canned.requests.count == 2)
        }
    }

    @Test("A broker that does not tell is asked after pauses that grow, and shrink with its answer")
    func failures() async throws {
        let subscription = FeedSubscription([Self.instrument(1)])
        let answers =
            Array(repeating: Self.down, count: 8) + [Self.prices(7, 1...1), Self.down]
        try await following(subscription, answers) { clock, ear, canned in
            for call in 2...10 {
                clock.advance(by: try #require(clock.slept.last))
                await clock.waitForSleepers(1)
                #expect(canned.requests.count == call)
            }
            let grown = [1, 2, 4, 8, 16, 32, 60, 60].map { Duration.seconds($0) }
            #expect(clock.slept == grown + [.milliseconds(500), .seconds(1)])
            #expect(ear.pauses.all == grown + [.seconds(1)])
            #expect(ear.heard.count == 1)
            #expect(
                ear.ticks.all == [[Tick(instrument: InstrumentID(1), price: Price(raw: 70_000))]]
            )
        }
    }

    @Test("An instrument without a price is left out, and spoils none of the others")
    func unknown() async throws {
        let subscription = FeedSubscription([Self.instrument(1), Self.instrument(2)])
        try await following(subscription, [Self.prices(7, 2...2)]) { _, ear, _ in
            #expect(ear.ticks.all.map { $0.map(\.instrument.raw) } == [[2]])
            #expect(ear.pauses.count == 0)
        }
    }
}
