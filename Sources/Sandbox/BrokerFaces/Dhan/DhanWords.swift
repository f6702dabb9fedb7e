import Exchange

/// Dhan's words for what the exchange knows.
enum DhanWords {
    static func side(_ word: String?) -> Side? {
        switch word {
        case "BUY": .buy
        case "SELL": .sell
        default: nil
        }
    }

    static func word(_ side: Side) -> String { side == .buy ? "BUY" : "SELL" }

    static func segment(_ word: some StringProtocol) -> Segment? {
        Segment.allCases.first { Self.word($0) == word }
    }

    static func word(_ segment: Segment) -> String {
        switch segment {
        case .nseEquity: "NSE_EQ"
        case .nseDerivatives: "NSE_FNO"
        case .nseCurrency: "NSE_CURRENCY"
        case .bseEquity: "BSE_EQ"
        case .bseDerivatives: "BSE_FNO"
        case .bseCurrency: "BSE_CURRENCY"
        case .commodity: "MCX_COMM"
        }
    }

    /// The exchange's name and the letter of the segment, as the instrument files have them.
    static func exchange(_ segment: Segment) -> (name: String, letter: String) {
        switch segment {
        case .nseEquity: ("NSE", "E")
        case .nseDerivatives: ("NSE", "D")
        case .nseCurrency: ("NSE", "C")
        case .bseEquity: ("BSE", "E")
        case .bseDerivatives: ("BSE", "D")
        case .bseCurrency: ("BSE", "C")
        case .commodity: ("MCX", "M")
        }
    }

    /// CO and BO are left out: their legs are not simulated, so taking them would be a lie.
    static func product(_ word: String?) -> Product? {
        switch word {
        case "CNC": .delivery
        case "INTRADAY": .intraday
        case "MARGIN": .margin
        case "MTF": .funded
        default: nil
        }
    }

    static func word(_ product: Product) -> String {
        switch product {
        case .delivery: "CNC"
        case .intraday: "INTRADAY"
        case .margin: "MARGIN"
        case .funded: "MTF"
        }
    }

    static func letter(_ product: Product) -> String {
        switch product {
        case .delivery: "C"
        case .intraday: "I"
        case .margin: "M"
        case .funded: "F"
        }
    }

    static func kind(_ word: String?) -> OrderKind? {
        switch word {
        case "LIMIT": .limit
        case "MARKET": .market
        case "STOP_LOSS": .stopLimit
        case "STOP_LOSS_MARKET": .stopMarket
        default: nil
        }
    }

    static func word(_ kind: OrderKind) -> String {
        switch kind {
        case .limit: "LIMIT"
        case .market: "MARKET"
        case .stopLimit: "STOP_LOSS"
        case .stopMarket: "STOP_LOSS_MARKET"
        }
    }

    static func shortWord(_ kind: OrderKind) -> String {
        switch kind {
        case .limit: "LMT"
        case .market: "MKT"
        case .stopLimit: "SL"
        case .stopMarket: "SLM"
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

    /// As the order-update socket writes it.
    static func titleWord(_ state: OrderState) -> String {
        switch state {
        case .transit: "Transit"
        case .pending: "Pending"
        case .partTraded: "Part_Traded"
        case .traded: "Traded"
        case .rejected: "Rejected"
        case .cancelled: "Cancelled"
        case .expired: "Expired"
        }
    }

    static func instrumentKind(_ instrument: Instrument) -> String {
        instrument.option == nil ? "EQUITY" : "OPTIDX"
    }
}
