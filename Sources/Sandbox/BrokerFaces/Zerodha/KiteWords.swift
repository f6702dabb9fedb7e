import Exchange

/// Kite's words for what the exchange knows (kite.md §2, §3, §7).
enum KiteWords {
    static func side(_ word: String?) -> Side? {
        switch word {
        case "BUY": .buy
        case "SELL": .sell
        default: nil
        }
    }

    static func word(_ side: Side) -> String { side == .buy ? "BUY" : "SELL" }

    static func segment(_ exchange: some StringProtocol) -> Segment? {
        Segment.allCases.first { word($0) == exchange }
    }

    static func word(_ segment: Segment) -> String {
        switch segment {
        case .nseEquity: "NSE"
        case .nseDerivatives: "NFO"
        case .nseCurrency: "CDS"
        case .bseEquity: "BSE"
        case .bseDerivatives: "BFO"
        case .bseCurrency: "BCD"
        case .commodity: "MCX"
        }
    }

    /// The exchange's number for an instrument, and the segment in the last byte.
    static func token(_ key: InstrumentKey) -> Int {
        let segment =
            switch key.segment {
            case .nseEquity: 1
            case .nseDerivatives: 2
            case .nseCurrency: 3
            case .bseEquity: 4
            case .bseDerivatives: 5
            case .bseCurrency: 6
            case .commodity: 7
            }
        return key.token * 256 + segment
    }

    /// Shares of NSE carry any series but EQ behind their symbol; a monthly option is named by its
    /// underlying, year, month, strike and kind.
    static func symbol(_ instrument: Instrument) -> String {
        guard let option = instrument.option else {
            let isPlain = instrument.series == "EQ" || instrument.key.segment != .nseEquity
            return instrument.symbol + (isPlain ? "" : "-" + instrument.series)
        }
        let months = [
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ]
        let parts = option.expiry.split(separator: "-")
        let month = parts.count == 3 ? Int(parts[1]).map { months[($0 - 1) % 12] } : nil
        return option.underlying + (parts.first?.suffix(2) ?? "") + (month ?? "")
            + option.strike.text(decimals: 0) + (option.isCall ? "CE" : "PE")
    }

    static func product(_ word: String?) -> Product? {
        switch word {
        case "CNC": .delivery
        case "MIS": .intraday
        case "NRML": .margin
        case "MTF": .funded
        default: nil
        }
    }

    static func word(_ product: Product) -> String {
        switch product {
        case .delivery: "CNC"
        case .intraday: "MIS"
        case .margin: "NRML"
        case .funded: "MTF"
        }
    }

    static func kind(_ word: String?) -> OrderKind? {
        switch word {
        case "LIMIT": .limit
        case "MARKET": .market
        case "SL": .stopLimit
        case "SL-M": .stopMarket
        default: nil
        }
    }

    static func word(_ kind: OrderKind) -> String {
        switch kind {
        case .limit: "LIMIT"
        case .market: "MARKET"
        case .stopLimit: "SL"
        case .stopMarket: "SL-M"
        }
    }

    /// TTL is left out: the exchange here knows no minutes.
    static func validity(_ word: String?) -> Validity? {
        switch word {
        case "DAY", nil: .day
        case "IOC": .immediateOrCancel
        default: nil
        }
    }

    static func word(_ validity: Validity) -> String { validity == .day ? "DAY" : "IOC" }

    /// There is no word for a partial fill, and what lapses at the end of the day is CANCELLED.
    static func status(_ order: Order) -> String {
        switch order.state {
        case .transit: order.isAfterMarket ? "AMO REQ RECEIVED" : "PUT ORDER REQ RECEIVED"
        case .pending: order.isArmed ? "TRIGGER PENDING" : "OPEN"
        case .partTraded: "OPEN"
        case .traded: "COMPLETE"
        case .rejected: "REJECTED"
        case .cancelled, .expired: "CANCELLED"
        }
    }
}

extension World {
    /// The instrument of an exchange's word and a trading symbol.
    func instrument(exchange word: String, symbol: String) -> Int? {
        guard let segment = KiteWords.segment(word) else { return nil }
        guard segment.isEquity else {
            return exchange.instruments.firstIndex { listed in
                listed.key.segment == segment && KiteWords.symbol(listed) == symbol
            }
        }
        // With a series behind the symbol, and without.
        for name in [symbol, String(symbol.dropLast(3))] {
            let found = exchange.find(symbol: name, isBSE: segment == .bseEquity)
            if let found, exchange.instrument(found).key.segment == segment,
                KiteWords.symbol(exchange.instrument(found)) == symbol
            {
                return found
            }
        }
        return nil
    }
}
