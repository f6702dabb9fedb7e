import Exchange

/// Groww's words for what the exchange knows (groww.md §2, §3).
enum GrowwWords {
    /// Exchange and segment; nil for currencies, which Groww does not trade.
    static func place(_ segment: Segment) -> (exchange: String, segment: String)? {
        switch segment {
        case .nseEquity: ("NSE", "CASH")
        case .nseDerivatives: ("NSE", "FNO")
        case .bseEquity: ("BSE", "CASH")
        case .bseDerivatives: ("BSE", "FNO")
        case .commodity: ("MCX", "COMMODITY")
        case .nseCurrency, .bseCurrency: nil
        }
    }

    static let segments = ["CASH", "FNO", "COMMODITY"]
    static let exchanges = ["NSE", "BSE", "MCX"]

    private static let months = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]

    /// `WIPRO`, and for options `NIFTY26NOV26000CE`.
    static func symbol(_ instrument: Instrument) -> String {
        guard let option = instrument.option else { return instrument.symbol }
        let date = option.expiry.split(separator: "-")
        guard date.count == 3, let month = Int(date[1]), months.indices.contains(month - 1) else {
            return instrument.symbol
        }
        let strike = option.strike.text(decimals: 0)
        let letters = option.isCall ? "CE" : "PE"
        return option.underlying + date[0].suffix(2) + months[month - 1] + strike + letters
    }

    static func side(_ word: String?) -> Side? {
        switch word {
        case "BUY": .buy
        case "SELL": .sell
        default: nil
        }
    }

    static func word(_ side: Side) -> String { side == .buy ? "BUY" : "SELL" }

    /// The three of the documents; MTF, CO, BO and ARB are constants of the SDK's alone.
    static func product(_ word: String?) -> Product? {
        switch word {
        case "CNC": .delivery
        case "MIS": .intraday
        case "NRML": .margin
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
        case "SL_M": .stopMarket
        default: nil
        }
    }

    static func word(_ kind: OrderKind) -> String {
        switch kind {
        case .limit: "LIMIT"
        case .market: "MARKET"
        case .stopLimit: "SL"
        case .stopMarket: "SL_M"
        }
    }

    /// IOC is no word of the documents', but a constant of the SDK's; GTC, GTD and EOS are not
    /// simulated.
    static func validity(_ word: String?) -> Validity? {
        switch word {
        case "DAY": .day
        case "IOC": .immediateOrCancel
        default: nil
        }
    }

    static func word(_ validity: Validity) -> String { validity == .day ? "DAY" : "IOC" }
}

/// Groww's order ids: `GMK` and sixteen letters and digits.
///
/// The real ones have a time and noise in them; here the order's number, so that an id is found.
enum GrowwOrderID {
    private static let prefix = "GMK"
    private static let digits = 16

    static func text(_ number: Int) -> String {
        let text = String(number, radix: 36, uppercase: true)
        return prefix + String(repeating: "0", count: max(digits - text.count, 0)) + text
    }

    /// Nil where the text is not such an id to the letter.
    static func number(_ text: String) -> Int? {
        guard text.hasPrefix(prefix), let number = Int(text.dropFirst(prefix.count), radix: 36),
            number >= 0, self.text(number) == text
        else { return nil }
        return number
    }
}
