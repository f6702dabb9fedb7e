import Trading

/// Kite's words for ours, and back (kite.md §2, §3).
enum ZerodhaWords {
    static func product(_ product: Product) -> String {
        switch product {
        case .delivery: "CNC"
        case .intraday: "MIS"
        case .marginFunding: "MTF"
        case .carryForward: "NRML"
        }
    }

    static func orderType(_ type: OrderType) -> String {
        switch type {
        case .market: "MARKET"
        case .limit: "LIMIT"
        case .stopLimit: "SL"
        case .stopMarket: "SL-M"
        }
    }

    /// Nil for a word that is none of ours.
    static func orderType(_ word: String) -> OrderType? {
        OrderType.allCases.first { orderType($0) == word }
    }

    /// Kite has no word for a partial fill: an order that is alive and has traded is one.
    ///
    /// Its documents say that their list is not whole and that any other word is of an order on its
    /// way, so a word that nobody documents is never an end.
    static func status(_ word: String?, filled: Quantity) -> OrderReport.Status {
        switch word {
        case "COMPLETE": .filled
        case "CANCELLED": .cancelled
        case "REJECTED": .rejected
        case _ where filled > .zero: .partlyFilled
        case "OPEN", "TRIGGER PENDING", "MODIFIED", "MODIFY PENDING",
            "MODIFY VALIDATION PENDING", "CANCEL PENDING", "MODIFY AMO REQ RECEIVED", "UPDATE":
            .open
        default: .inTransit
        }
    }
}
