import Exchange

/// Upstox's words for what the exchange knows (upstox.md §2, §3).
enum UpstoxWords {
    static func side(_ word: String?) -> Side? {
        switch word {
        case "BUY": .buy
        case "SELL": .sell
        default: nil
        }
    }

    static func word(_ side: Side) -> String { side == .buy ? "BUY" : "SELL" }

    /// `D` is delivery for shares, and carrying forward for contracts.
    static func product(_ word: String?, in segment: Segment) -> Product? {
        switch word {
        case "D": segment.isEquity ? .delivery : .margin
        case "I": .intraday
        case "MTF": .funded
        default: nil
        }
    }

    static func word(_ product: Product) -> String {
        switch product {
        case .delivery, .margin: "D"
        case .intraday: "I"
        case .funded: "MTF"
        }
    }

    static func kind(_ word: String?) -> OrderKind? {
        switch word {
        case "MARKET": .market
        case "LIMIT": .limit
        case "SL": .stopLimit
        case "SL-M": .stopMarket
        default: nil
        }
    }

    static func word(_ kind: OrderKind) -> String {
        switch kind {
        case .market: "MARKET"
        case .limit: "LIMIT"
        case .stopLimit: "SL"
        case .stopMarket: "SL-M"
        }
    }

    static func validity(_ word: String?) -> Validity? {
        switch word {
        case "DAY": .day
        case "IOC": .immediateOrCancel
        default: nil
        }
    }

    static func word(_ validity: Validity) -> String { validity == .day ? "DAY" : "IOC" }

    static func segment(_ word: some StringProtocol) -> Segment? {
        Segment.allCases.first { self.word($0) == word }
    }

    static func word(_ segment: Segment) -> String {
        switch segment {
        case .nseEquity: "NSE_EQ"
        case .nseDerivatives: "NSE_FO"
        case .nseCurrency: "NCD_FO"
        case .bseEquity: "BSE_EQ"
        case .bseDerivatives: "BSE_FO"
        case .bseCurrency: "BCD_FO"
        case .commodity: "MCX_FO"
        }
    }

    /// As orders and trades name it.
    static func exchange(_ segment: Segment) -> String {
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

    /// Shares are named by their ISIN, contracts by the exchange's number; a share that was listed
    /// without an ISIN by its number too, or it could not be named at all.
    static func key(_ instrument: Instrument) -> String {
        let hasISIN = instrument.key.segment.isEquity && instrument.isin != "NA"
        let code = hasISIN ? instrument.isin : String(instrument.key.token)
        return word(instrument.key.segment) + "|" + code
    }

    /// There is no word for a partial fill, nor for an order that lapsed with its day.
    static func status(_ order: Order) -> String {
        switch order.state {
        case .transit: order.isAfterMarket ? "after market order req received" : "open pending"
        case .pending, .partTraded: order.isAwaitingTrigger ? "trigger pending" : "open"
        case .traded: "complete"
        case .rejected: "rejected"
        case .cancelled, .expired:
            order.isAfterMarket ? "cancelled after market order" : "cancelled"
        }
    }
}

extension UpstoxWords {
    /// The kind of order that a body names; missing and wrong have numbers of their own.
    static func neededKind(_ fields: FlatObject) throws(UpstoxError) -> OrderKind {
        guard let word = fields.text("order_type") else {
            throw UpstoxError(1004, "Valid order type is required")
        }
        guard let kind = kind(word) else { throw UpstoxError(1056, "The 'order_type' is invalid") }
        return kind
    }

    /// Likewise how long the order is good.
    static func neededValidity(_ fields: FlatObject) throws(UpstoxError) -> Validity {
        guard let word = fields.text("validity") else {
            throw UpstoxError(1007, "Validity is required")
        }
        guard let validity = validity(word) else {
            throw UpstoxError(1055, "The 'validity' is invalid")
        }
        return validity
    }
}
