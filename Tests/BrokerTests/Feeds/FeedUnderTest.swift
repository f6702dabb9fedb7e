import BrokerFaces
import BrokerKit
import Desk
import Dhan
import Groww
import Synchronization
import Testing
import Trading
import Upstox
import Zerodha

/// A broker whose market feed the same tests try, each in front of the sandbox's.
enum FeedUnderTest: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case zerodha, dhan, upstox, groww

    var testDescription: String { rawValue }

    static let reliance = InstrumentID(1)
    static let tcs = InstrumentID(2)

    var token: String { self == .zerodha ? "testkey:TESTTOKEN" : "TESTTOKEN" }

    var account: String {
        #"{"face":"\#(rawValue)","client_id":"1000000001","token":"\#(token)"}"#
    }

    /// How many connections an account may have; nil: no document says.
    var connections: Int? {
        switch self {
        case .zerodha: 3
        case .dhan: 5
        case .upstox: 2
        case .groww: nil
        }
    }

    func feed(_ floor: FeedFloor, clock: any Clock<Duration> = ContinuousClock()) -> any MarketFeed
    {
        let socket = "ws://127.0.0.1:\(floor.sandbox.webSocketPort)"
        return switch self {
        case .zerodha:
            FeedSocket(
                .zerodha,
                room: ZerodhaFeed.room,
                ZerodhaFeed(url: socket + "/kite"),
                clock: clock
            )
        case .dhan: FeedSocket(.dhan, room: DhanFeed.room, DhanFeed(url: socket), clock: clock)
        case .upstox:
            FeedSocket(
                .upstox,
                room: UpstoxFeed.room,
                UpstoxFeed(url: "ws://127.0.0.1:\(floor.sandbox.port)/upstox"),
                clock: clock
            )
        case .groww:
            FeedSocket(
                .groww,
                room: GrowwFeed.room,
                GrowwFeed(
                    url: socket + "/groww",
                    calls: BrokerCalls(
                        base: "http://127.0.0.1:\(floor.sandbox.port)/groww/v1",
                        client: floor.http
                    )
                ),
                clock: clock
            )
        }
    }

    /// An instrument as this broker's feed names it.
    func named(_ instrument: InstrumentID) -> FeedInstrument {
        let isReliance = instrument == Self.reliance
        return switch self {
        case .zerodha:
            FeedInstrument(
                instrument: instrument,
                segment: "NSE",
                // The exchange's number, and the segment in the last byte.
                code: isReliance ? "738561" : "2953217"
            )
        case .dhan:
            FeedInstrument(
                instrument: instrument,
                segment: "NSE_EQ",
                code: isReliance ? "2885" : "11536"
            )
        case .upstox:
            FeedInstrument(
                instrument: instrument,
                segment: "NSE_EQ",
                code: isReliance ? "INE002A01018" : "INE467B01029"
            )
        case .groww:
            FeedInstrument(
                instrument: instrument,
                segment: "NSE_CASH",
                code: isReliance ? "2885" : "11536"
            )
        }
    }

    func session(token: String? = nil) -> BrokerSession {
        BrokerSession(
            account: AccountID(7),
            brokerClientID: "1000000001",
            token: Secret(token ?? self.token),
            egress: nil,
            instrument: nil
        )
    }

    /// Runs a test at a sandbox of its own.
    func visit(_ body: (FeedFloor) async throws -> Void) async throws {
        try await FeedFloor.visit(
            account: account,
            limits: false,
            make: { _, _ in self },
            body
        )
    }

    /// Runs a test while the feed is followed; `heard` collects what it tells.
    func following(
        _ feed: any MarketFeed,
        _ subscription: FeedSubscription,
        token: String? = nil,
        _ body: (Heard) async throws -> Void
    ) async throws {
        let heard = Heard()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await feed.follow(self.session(token: token), subscription, heard.listener)
            }
            try await body(heard)
            group.cancelAll()
        }
    }
}

/// A sandbox for feeds.
typealias FeedFloor = BrokerFloor<FeedUnderTest>

/// What a feed told.
final class Heard: Sendable {
    private let held = Mutex<(ticks: [Tick], reasons: [String])>(([], []))

    var listener: FeedListener {
        FeedListener(
            ticked: { [self] ticks in held.withLock { $0.ticks += ticks } },
            lost: { [self] why, _ in held.withLock { $0.reasons.append(why) } }
        )
    }

    var ticks: [Tick] { held.withLock { $0.ticks } }
    var reasons: [String] { held.withLock { $0.reasons } }

    func last(_ instrument: InstrumentID) -> Tick? { ticks.last { $0.instrument == instrument } }

    func forget() { held.withLock { $0.ticks = [] } }
}

/// A clock on which waiting takes no time.
struct NoPause: Clock {
    let now = ContinuousClock.now
    let minimumResolution: Duration = .nanoseconds(1)

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}
