import Trading

/// Dhan's words for ours, and back (dhan.md §2, §3).
enum DhanWords {
    static func product(_ product: Product) -> String {
        switch product {
        case .delivery: "CNC"
        case .intraday: "INTRADAY"
        case .marginFunding: "MTF"
        case .carryForward: "MARGIN"
        }
    }

    /// Nil for a word that is none of ours.
    static func product(_ word: String) -> Product? {
        Product.allCases.first { product($0) == word.uppercased() }
    }

    static func orderType(_ type: OrderType) -> String {
        switch type {
        case .market: "MARKET"
        case .limit: "LIMIT"
        case .stopLimit: "STOP_LOSS"
        case .stopMarket: "STOP_LOSS_MARKET"
        }
    }

    /// Nil for a word that is none of ours.
    static func orderType(_ word: String) -> OrderType? {
        OrderType.allCases.first { orderType($0) == word.uppercased() }
    }

    /// REST writes upper case, the order socket title case; nil for a word that nobody documents.
    static func status(_ word: String) -> OrderReport.Status? {
        switch word.uppercased() {
        case "TRANSIT": .inTransit
        case "PENDING", "CONFIRM", "MODIFIED", "TRIGGERED": .open
        case "PART_TRADED": .partlyFilled
        case "TRADED", "CLOSED": .filled
        case "REJECTED": .rejected
        case "CANCELLED": .cancelled
        case "EXPIRED": .expired
        default: nil
        }
    }
}
