import BrokerKit
import Desk
import Trading

/// Upstox's words for ours, and back (upstox.md §2, §3).
enum UpstoxWords {
    static func product(_ product: Product) -> String {
        switch product {
        case .delivery, .carryForward: "D"
        case .intraday: "I"
        case .marginFunding: "MTF"
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

    /// Nil for a word that nobody documents.
    ///
    /// Upstox has none for an order that is filled in part: the quantity tells. Nor has it one for
    /// an order that lapsed with its day.
    static func status(_ word: String, filled: Quantity) -> OrderReport.Status? {
        switch word.lowercased() {
        case "put order req received", "validation pending", "open pending",
            "after market order req received", "modify after market order req received":
            .inTransit
        case "open", "trigger pending", "modify validation pending", "modify pending", "modified",
            "not modified", "cancel pending", "not cancelled":
            filled > .zero ? .partlyFilled : .open
        case "complete": .filled
        case "rejected": .rejected
        case "cancelled", "cancelled after market order": .cancelled
        default: nil
        }
    }

    /// What Upstox calls an instrument: segment and ISIN, or the exchange's token (§8).
    static func key(_ instrument: BrokerInstrument) -> String {
        "\(instrument.segment)|\(instrument.code)"
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// `2023-10-19 09:23:23` or `03-Aug-2017 15:03:42`, in Indian time: the documents show both.
    static func time(_ text: String) -> Timestamp? {
        let parts = text.split { $0 == "-" || $0 == " " }
        guard parts.count == 4, let month = months.firstIndex(of: parts[1].lowercased()) else {
            return IndianTimeText.parse(text)
        }
        return IndianTimeText.parse("\(parts[2])-\(month + 1)-\(parts[0]) \(parts[3])")
    }
}
