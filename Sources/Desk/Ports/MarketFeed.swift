package import Trading

/// A broker's market feed: the last prices of many instruments through one account.
package protocol MarketFeed: Sendable {
    /// The broker whose feed it is.
    var broker: BrokerName { get }
    /// So many instruments may be subscribed to at once.
    var room: Int { get }

    /// Listens through this session to what is wanted until the task is cancelled.
    ///
    /// It connects again by itself, with pauses that grow, and then subscribes to all that is wanted
    /// at that moment. A feed that goes silent though its broker promises signs of life counts as
    /// lost.
    func follow(
        _ session: BrokerSession,
        _ subscription: FeedSubscription,
        _ listener: FeedListener
    ) async
}

/// Who hears a feed.
package struct FeedListener: Sendable {
    /// Gets what changed.
    package let ticked: @Sendable ([Tick]) -> Void
    /// Hears that prices come.
    package let heard: @Sendable () -> Void
    /// Hears why a connection ended or did not come about, and how long the pause is.
    package let lost: @Sendable (String, Duration) -> Void

    package init(
        ticked: @escaping @Sendable ([Tick]) -> Void,
        heard: @escaping @Sendable () -> Void = {},
        lost: @escaping @Sendable (String, Duration) -> Void = { _, _ in }
    ) {
        self.ticked = ticked
        self.heard = heard
        self.lost = lost
    }
}

/// What was learned of one instrument.
package struct Tick: Sendable, Equatable {
    package let instrument: InstrumentID
    package let price: Price
    package let day: DayFigures

    package init(instrument: InstrumentID, price: Price, day: DayFigures = DayFigures()) {
        self.instrument = instrument
        self.price = price
        self.day = day
    }
}

/// The day of an instrument so far; nil: not told.
package struct DayFigures: Sendable, Equatable {
    package var open: Price?
    package var high: Price?
    package var low: Price?
    /// The close of the day before.
    package var previousClose: Price?
    /// Shares traded.
    package var volume: Int64?
    /// The best price that somebody would pay.
    package var bid: Price?
    /// The best price at which somebody would sell.
    package var ask: Price?

    package init(
        open: Price? = nil,
        high: Price? = nil,
        low: Price? = nil,
        previousClose: Price? = nil,
        volume: Int64? = nil,
        bid: Price? = nil,
        ask: Price? = nil
    ) {
        self.open = open
        self.high = high
        self.low = low
        self.previousClose = previousClose
        self.volume = volume
        self.bid = bid
        self.ask = ask
    }
}

/// An instrument as a broker's feed names it.
package struct FeedInstrument: Sendable, Hashable {
    package let instrument: InstrumentID
    /// The broker's segment, such as Dhan's `NSE_EQ`.
    package let segment: String
    /// What the feed calls it; mostly the code that orders name.
    package let code: String
    /// What orders and calls for quotes name.
    package let orderCode: String

    package init(
        instrument: InstrumentID,
        segment: String,
        code: String,
        orderCode: String? = nil
    ) {
        self.instrument = instrument
        self.segment = segment
        self.code = code
        self.orderCode = orderCode ?? code
    }
}

/// What whoever follows feeds must know.
package protocol FeedStore: Sendable {
    /// Instruments that are held, watched, or in a trade that is under way, as these brokers' feeds
    /// name them; by id, so many for each broker at most.
    func wantedInstruments(at brokers: [BrokerName], limit: Int) async throws(StoreFailure)
        -> [BrokerName: [FeedInstrument]]

    /// Good sessions at these brokers, by account, so many for each at most.
    func feedSessions(at brokers: [BrokerName], limit: Int) async throws(StoreFailure)
        -> [BrokerName: [BrokerSession]]
}
