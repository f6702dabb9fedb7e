/// When orders can trade.
package enum TradingHours: Sendable, Equatable {
    case alwaysOpen, alwaysClosed
    /// Monday to Friday, 09:15 to 15:30 in India. Holidays are not known here.
    case exchange

    package func isOpen(at moment: Moment) -> Bool {
        switch self {
        case .alwaysOpen: true
        case .alwaysClosed: false
        case .exchange:
            moment.indianWeekday < 5
                && (33_300..<55_800).contains(moment.indianSecondOfDay)
        }
    }
}
