package import BrokerKit
package import Desk
package import NATS
import Protobuf
import Trading

/// Groww's market feed (groww.md §7): two subjects for each instrument, of its price and of its book,
/// which alone tells bids and asks.
package struct GrowwFeed: FeedDialect {
    /// A thousand subscriptions are allowed: two each, and some are left for an order stream.
    package static let room = 490

    private let socket: GrowwSocket

    /// The feed at `url`, such as `wss://socket-api.groww.in`, with tokens from where `calls` lead.
    package init(url: String, calls: BrokerCalls) {
        socket = GrowwSocket(url: url, calls: calls)
    }

    /// A dead peer is found by pings; prices may be long in coming.
    package var silence: Duration? { nil }

    package func connect(_ session: BrokerSession) async throws -> NATSConnection {
        try await socket.open(session)
    }

    package func subscribe(_ instruments: [FeedInstrument]) -> [NATSRequest] {
        Self.subscriptions(instruments).map { .subscribe($0) }
    }

    package func unsubscribe(_ instruments: [FeedInstrument]) -> [NATSRequest] {
        Self.subscriptions(instruments).map { .unsubscribe($0) }
    }

    package func reader() -> GrowwFeedReader { GrowwFeedReader() }

    /// Known by the instrument's own number, so that an end finds its beginning.
    private static func subscriptions(_ instruments: [FeedInstrument]) -> [NATSSubscription] {
        instruments.flatMap { instrument in
            GrowwSubject.Kind.allCases.enumerated().compactMap { place, kind in
                guard let subject = GrowwSubject.text(kind, of: instrument) else { return nil }
                let id = instrument.instrument.raw * 2 + Int64(place)
                return NATSSubscription(subject, id: id)
            }
        }
    }
}

extension NATSConnection: FeedConnection {
    /// It is open because Groww let us in.
    package var isWelcome: Bool { true }
    package func end() async { await close() }
}

/// What Groww calls the prices of an instrument: `/ld/eq/nse/price.2885`.
private enum GrowwSubject {
    enum Kind: String, CaseIterable {
        case price, book
    }

    /// Nil for a segment that has no feed.
    static func text(_ kind: Kind, of instrument: FeedInstrument) -> String? {
        let market: String
        switch instrument.segment {
        case "NSE_CASH": market = "eq/nse"
        case "BSE_CASH": market = "eq/bse"
        case "NSE_FNO": market = "fo/nse"
        case "BSE_FNO": market = "fo/bse"
        default: return nil
        }
        return "/ld/\(market)/\(kind.rawValue).\(instrument.code)"
    }
}

/// Reads the feed's messages.
///
/// The numbers of their fields are those of the official SDK's `StocksSocketResponseProtoDto`, quoted
/// above each.
package struct GrowwFeedReader: FeedReader {
    private var names: [String: InstrumentID] = [:]
    /// What was told last, since prices and books come one without the other.
    private var last: [InstrumentID: (price: Price?, day: DayFigures)] = [:]

    package mutating func know(_ instruments: Set<FeedInstrument>) {
        names = [:]
        for instrument in instruments {
            for kind in GrowwSubject.Kind.allCases {
                guard let subject = GrowwSubject.text(kind, of: instrument) else { continue }
                names[subject] = instrument.instrument
            }
        }
        let known = Set(names.values)
        last = last.filter { known.contains($0.key) }
    }

    package mutating func ticks(in message: NATSMessage) throws(BrokerFailure) -> [Tick] {
        guard let instrument = names[message.subject] else { return [] }
        // stockLivePrice 4, stocksMarketDepth 5.
        guard let response = ProtobufMessage(message.payload) else {
            throw .unreachable("a message that is no Protocol Buffers")
        }
        var (price, day) = last[instrument] ?? (nil, DayFigures())
        if let live = response.message(4) { Self.read(live, &price, &day) }
        if let book = response.message(5) { Self.read(book, &day) }
        last[instrument] = (price, day)
        // A book alone has no price.
        guard let price else { return [] }
        return [Tick(instrument: instrument, price: price, day: day)]
    }

    /// StocksLivePriceProto, doubles all: open 2, high 3, low 4, close 5, volume 6, ltp 13.
    ///
    /// The close is that of the day before, as in quotes.
    private static func read(
        _ live: ProtobufMessage,
        _ price: inout Price?,
        _ day: inout DayFigures
    ) {
        func figure(_ field: UInt32) -> Price? {
            live.double(field).flatMap { Price(fraction: $0) }
        }
        price = figure(13) ?? price
        day.open = figure(2)
        day.high = figure(3)
        day.low = figure(4)
        day.previousClose = figure(5)
        day.volume = live.double(6).flatMap { Int64(exactly: $0.rounded()) }
    }

    /// StocksMarketDepthProto: maps buyBook 2 and sellBook 3 of a level's number to BookProto: price 1.
    ///
    /// Whatever the numbers, the best prices are the highest bid and the lowest ask.
    private static func read(_ book: ProtobufMessage, _ day: inout DayFigures) {
        func prices(_ field: UInt32) -> [Price] {
            book.messages(field).compactMap { entry in
                entry.message(2)?.double(1).flatMap { Price(fraction: $0) }
            }
        }
        day.bid = prices(2).max()
        day.ask = prices(3).min()
    }
}
