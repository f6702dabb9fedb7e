package import Trading

/// One broker: places, finds and cancels orders, and reads accounts.
///
/// An adapter never repeats a placement, under no circumstances, and follows no redirect. Reads may
/// be repeated. No error carries a token.
package protocol Broker: Sendable {
    var traits: BrokerTraits { get }

    /// Sends the order once. Whatever is not proof of acceptance or refusal is `.unanswered`.
    ///
    /// The deadline is looked at on a monotonic clock immediately before the write; past it nothing
    /// is sent.
    func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer

    /// Looks for an attempt's order by our reference, where the broker can.
    func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport?

    /// The whole order book of the day.
    func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport]

    /// All trades of the day: the second witness of what was placed, since a fast fill may be here
    /// before, or instead of, its order in the book.
    func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport]

    /// One order as the books have it now, with its trades where it has any fill.
    func look(_ order: LiveOrder) async throws(BrokerFailure) -> (OrderReport, [TradeReport])

    /// Asks the broker to cancel; may be repeated.
    func cancel(_ order: LiveOrder) async throws(BrokerFailure)

    /// Asks once for another shape of an order; `shape.quantity` is its total, fills included.
    ///
    /// Never repeated by the adapter: an earlier wish that arrives late would undo a later one. The
    /// deadline is kept as with a placement.
    func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer

    /// Last prices of instruments, through this session.
    func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]

    /// Shares held at the broker.
    func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding]

    /// Today's positions at the broker.
    func positions(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerPosition]

    /// Cash at the broker.
    func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds

    /// What it does for an account beside these.
    var services: BrokerServices { get }

    /// Whether the session works, and until when.
    func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck
}

/// So many calls within one window of time.
package struct RateLimit: Sendable, Hashable {
    package let calls: Int
    package let seconds: Int

    package init(calls: Int, seconds: Int) {
        self.calls = calls
        self.seconds = seconds
    }
}

/// An open door to one account; the token is a secret that never prints.
package struct BrokerSession: Sendable {
    package let account: AccountID?
    package let brokerClientID: String
    package let token: Secret
    /// The address or proxy that orders must leave from.
    package let egress: String?
    /// How the broker names the instrument of the order at hand; nil where none is meant or listed.
    package let instrument: BrokerInstrument?

    package init(
        account: AccountID?,
        brokerClientID: String,
        token: Secret,
        egress: String?,
        instrument: BrokerInstrument?
    ) {
        self.account = account
        self.brokerClientID = brokerClientID
        self.token = token
        self.egress = egress
        self.instrument = instrument
    }
}

/// How one broker names one instrument.
package struct BrokerInstrument: Sendable, Hashable {
    package let instrument: InstrumentID
    /// The broker's segment, such as Dhan's `NSE_EQ`.
    package let segment: String
    /// The broker's own id within the segment, such as `2885`.
    package let code: String

    package init(instrument: InstrumentID, segment: String, code: String) {
        self.instrument = instrument
        self.segment = segment
        self.code = code
    }
}

/// Text that must not appear anywhere; it prints as `[redacted]`.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let text: String

    package init(_ text: String) { self.text = text }

    /// The text itself, for the one place that needs it.
    package func reveal() -> String { text }
    package var description: String { "[redacted]" }
    package var debugDescription: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
