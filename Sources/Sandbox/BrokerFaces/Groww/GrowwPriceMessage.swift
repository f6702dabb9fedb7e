import Exchange

/// The market in one instrument, as `StocksSocketResponseProtoDto` (groww.md §7).
///
/// Its prices are rupees.
struct GrowwPriceMessage {
    /// An instrument as subjects name it: `/ld/eq/nse/` and its number at the exchange.
    struct Place: Hashable {
        private let market: String
        private let token: String

        /// The one in `/ld/eq/nse/price.2885`; nil for what is no subject of prices.
        ///
        /// Indices are not simulated.
        init?(_ subject: String) {
            let parts = subject.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 5, parts[0].isEmpty, parts[1] == "ld" else { return nil }
            let last = parts[4].split(separator: ".", omittingEmptySubsequences: false)
            guard last.count == 2, Kind(rawValue: String(last[0])) != nil else { return nil }
            market = "\(parts[2])/\(parts[3])"
            token = String(last[1])
        }

        init(_ instrument: Instrument) {
            let place = GrowwWords.place(instrument.key.segment)
            let segment = place?.segment == "FNO" ? "fo" : place?.segment == "CASH" ? "eq" : ""
            market = "\(segment)/\(place?.exchange.lowercased() ?? "")"
            token = String(instrument.key.token)
        }
    }

    /// What a subject tells.
    private enum Kind: String {
        case price
        case detailed = "price_detailed"
        case book
    }

    private let tellsBook: Bool
    private let instrument: Instrument
    private let quote: Quote

    init(_ subject: String, _ instrument: Instrument, _ quote: Quote) {
        tellsBook = subject.contains("/\(Kind.book.rawValue).")
        self.instrument = instrument
        self.quote = quote
    }

    /// The message as of a moment; without one it is the same as long as nothing changes.
    func bytes(at now: Moment?) -> [UInt8] {
        let milliseconds = Double((now?.microseconds ?? 0) / 1_000)
        var message = ProtobufBytes()
        message.text(1, String(instrument.key.token))
        message.integer(2, instrument.growwSegment)
        message.integer(3, instrument.growwExchange)
        if tellsBook {
            message.message(5) { book(milliseconds, &$0) }
        } else {
            message.message(4) { price(milliseconds, &$0) }
        }
        return message.bytes
    }

    private func price(_ milliseconds: Double, _ price: inout ProtobufBytes) {
        let volume = Double(quote.volume)
        price.double(1, milliseconds)
        price.double(2, Self.rupees(quote.open))
        price.double(3, Self.rupees(quote.high))
        price.double(4, Self.rupees(quote.low))
        price.double(5, Self.rupees(quote.previousClose))
        price.double(6, volume)
        price.double(7, volume * Self.rupees(quote.average))
        price.double(8, Double(quote.bids.reduce(0) { $0 + $1.quantity }))
        price.double(9, Double(quote.asks.reduce(0) { $0 + $1.quantity }))
        price.double(10, Self.rupees(quote.average))
        price.double(11, Self.rupees(quote.upperCircuit))
        price.double(12, Self.rupees(quote.lowerCircuit))
        price.double(13, Self.rupees(quote.lastPrice))
    }

    /// Five levels, the best one first.
    private func book(_ milliseconds: Double, _ book: inout ProtobufBytes) {
        book.double(1, milliseconds)
        for (field, levels) in [(2, quote.bids), (3, quote.asks)] {
            for (place, level) in levels.prefix(5).enumerated() {
                book.message(field) { entry in
                    entry.integer(1, Int64(place + 1))
                    entry.message(2) { value in
                        value.double(1, Self.rupees(level.price))
                        value.double(2, Double(level.quantity))
                    }
                }
            }
        }
    }

    private static func rupees(_ price: Rupees) -> Double {
        Double(price.tenThousandths) / 10_000
    }
}
