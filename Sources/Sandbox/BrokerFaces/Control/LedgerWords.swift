import Exchange

/// The control face's own words, whatever the brokers call these things.
enum LedgerWords {
    static func side(_ word: String) -> Side? {
        switch word {
        case "BUY": .buy
        case "SELL": .sell
        default: nil
        }
    }

    static func word(_ side: Side) -> String { side == .buy ? "BUY" : "SELL" }

    static func word(_ state: OrderState) -> String {
        switch state {
        case .transit: "TRANSIT"
        case .pending: "PENDING"
        case .partTraded: "PART_TRADED"
        case .traded: "TRADED"
        case .rejected: "REJECTED"
        case .cancelled: "CANCELLED"
        case .expired: "EXPIRED"
        }
    }

    static func exchange(_ segment: Segment) -> String {
        switch segment {
        case .nseEquity, .nseDerivatives, .nseCurrency: "NSE"
        case .bseEquity, .bseDerivatives, .bseCurrency: "BSE"
        case .commodity: "MCX"
        }
    }
}
