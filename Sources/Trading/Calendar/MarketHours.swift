/// When orders may be sent.
package enum MarketHours: String, Sendable, CaseIterable {
    /// At any time: for sandboxes, whose exchange never closes.
    case always
    /// When the exchange trades.
    case exchange

    /// Whether orders may be sent at this moment.
    package func isOpen(at moment: Timestamp) -> Bool {
        switch self {
        case .always: true
        case .exchange: MarketCalendar.isOpen(at: moment)
        }
    }
}
