import Trading

/// Groww's words for ours, and back (groww.md §2, §3).
enum GrowwWords {
    static func product(_ product: Product) -> String {
        switch product {
        case .delivery: "CNC"
        case .intraday: "MIS"
        case .marginFunding: "MTF"
        case .carryForward: "NRML"
        }
    }

    /// Nil for a word that is none of ours.
    static func product(_ word: String) -> Product? {
        Product.allCases.first { product($0) == word }
    }

    static func orderType(_ type: OrderType) -> String {
        switch type {
        case .market: "MARKET"
        case .limit: "LIMIT"
        case .stopLimit: "SL"
        case .stopMarket: "SL_M"
        }
    }

    /// Nil for a word that is none of ours.
    static func orderType(_ word: String) -> OrderType? {
        OrderType.allCases.first { orderType($0) == word }
    }

    /// No word tells of a partial fill, so the quantities do; a word that nobody documents says
    /// only that the order is there.
    static func status(_ word: String?, filled: Quantity, of quantity: Quantity)
        -> OrderReport.Status
    {
        let waiting: OrderReport.Status = filled > .zero ? .partlyFilled : .open
        switch word {
        case "ACKED", "APPROVED", "OPEN", "TRIGGER_PENDING", "MODIFICATION_REQUESTED",
            "CANCELLATION_REQUESTED":
            return waiting
        case "EXECUTED", "DELIVERY_AWAITED", "COMPLETED":
            return filled > .zero && filled >= quantity ? .filled : waiting
        case "CANCELLED": return .cancelled
        case "REJECTED", "FAILED": return .rejected
        default: return filled > .zero ? .partlyFilled : .inTransit
        }
    }
}
