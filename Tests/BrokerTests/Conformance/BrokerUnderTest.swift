import BrokerKit
import Desk
import Dhan
import Groww
import HTTPClient
import Paper
import Synchronization
import Testing
import Trading
import Upstox
import Zerodha

/// The brokers that must all keep the same promises, each with a way to move its market.
enum BrokerUnderTest: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case dhan
    case zerodha
    case upstox
    case groww
    case paper

    /// Those whose orders leave the machine; paper has no outside that could fail.
    static let outside = allCases.filter { $0 != .paper }

    var testDescription: String { rawValue }

    /// What the adapter declares, without one being made.
    var declared: BrokerTraits {
        switch self {
        case .dhan: DhanBroker.declared
        case .zerodha: ZerodhaBroker.declared
        case .upstox: UpstoxBroker.declared
        case .groww: GrowwBroker.declared
        case .paper: PaperBroker.declared
        }
    }

    /// How the broker names RELIANCE, as the sandbox lists it.
    var listing: (segment: String, code: String) {
        switch self {
        case .dhan, .paper: ("NSE_EQ", "2885")
        case .zerodha: ("NSE", "RELIANCE")
        case .upstox: ("NSE_EQ", "INE002A01018")
        case .groww: ("NSE_CASH", "RELIANCE")
        }
    }

    /// The adapter at a sandbox whose root is given; nil where there is no outside.
    func adapter(_ root: String, _ client: HTTPClient, timeout: Duration) -> (any Broker)? {
        let calls = { BrokerCalls(base: root + $0, client: client, timeout: timeout) }
        return switch self {
        case .dhan: DhanBroker(calls: calls("/dhan/v2"))
        case .zerodha: ZerodhaBroker(calls: calls("/kite"))
        case .upstox:
            UpstoxBroker(
                hosts: UpstoxHosts(reads: calls("/upstox"), orders: calls("/upstox"))
            )
        case .groww: GrowwBroker(calls: calls("/groww/v1"))
        case .paper: nil
        }
    }

    /// Runs a test at this broker, with RELIANCE at ₹ 2,950.
    func visit(_ body: (BrokerDesk) async throws -> Void) async throws {
        let listing = BrokerInstrument(
            instrument: Sample.instrument.id,
            segment: listing.segment,
            code: listing.code
        )
        try await Sample.$listing.withValue(listing) {
            if self == .paper { try await visitPaper(body) } else { try await visitOutside(body) }
        }
    }

    private func visitOutside(_ body: (BrokerDesk) async throws -> Void) async throws {
        try await BrokerFloor<any Broker>.visit(
            account: #"{"client_id":"1000000001","token":"TESTTOKEN","face":"\#(rawValue)"}"#,
            limits: false,
            make: { root, client in
                guard let adapter = adapter(root, client, timeout: .seconds(60)) else {
                    preconditionFailure("only paper has no outside")
                }
                return adapter
            },
            { floor in
                try await body(
                    BrokerDesk(
                        broker: floor.broker,
                        setPrice: { try await floor.price("RELIANCE", $0) },
                        booked: { try await floor.booked() }
                    )
                )
            }
        )
    }

    private func visitPaper(_ body: (BrokerDesk) async throws -> Void) async throws {
        let price = LastPrice()
        let broker = PaperBroker(lastPrice: { _ in price.now }, clock: HandClock())
        // Nothing is placed outside, so the answers are all that can be counted.
        try await body(BrokerDesk(broker: broker, setPrice: { price.set($0) }, booked: { nil }))
    }
}

/// A broker with its market, as the conformance tests see it.
struct BrokerDesk: Sendable {
    let broker: any Broker
    /// Sets RELIANCE's last price.
    let setPrice: @Sendable (String) async throws -> Void
    /// How many orders the broker has; nil where there is no outside to ask.
    let booked: @Sendable () async throws -> Int64?

    /// Places an order that must be accepted, and gives what a look needs.
    func placed(_ attempt: Attempt) async throws -> LiveOrder {
        let answer = await broker.place(attempt)
        let id = try #require(answer.brokerOrderID, "\(answer)")
        return Sample.live(attempt, id)
    }
}

/// The price that the paper broker asks for.
final class LastPrice: Sendable {
    private let price = Mutex(Price(rupees: "2950.00"))

    var now: Price? { price.withLock { $0 } }

    func set(_ rupees: String?) {
        price.withLock { $0 = rupees.flatMap { Price(rupees: $0) } }
    }
}
