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

    /// Whether the trading of that moment's day was over at a later moment.
    ///
    /// From then on a broker's book of the day is its statement. Never, where the market never closes.
    package func hasClosed(theDayOf moment: Timestamp, at later: Timestamp) -> Bool {
        close(ofTheDayOf: moment).map { $0 <= later } ?? false
    }

    /// When the trading of that moment's day ends; nil where it does not, or does not begin.
    package func close(ofTheDayOf moment: Timestamp) -> Timestamp? {
        guard self == .exchange else { return nil }
        return MarketCalendar.session(on: CalendarDay(containing: moment))?.closes
    }

    /// From when an order that a broker took at this moment is over, being good for its trading day: the
    /// morning after, by when brokers have begun the books of the next day.
    ///
    /// One taken after the close belongs to the next trading day. Where the market never closes a day
    /// ends at midnight.
    package func endOfBooks(ofOrderTakenAt moment: Timestamp) -> Timestamp {
        let day = CalendarDay(containing: nextClose(after: moment) ?? moment)
        return self == .always ? day.advanced(by: 1).time(0, 0) : day.advanced(by: 1).time(8, 0)
    }

    /// The first end of trading after this moment; nil where the market never closes.
    package func nextClose(after moment: Timestamp) -> Timestamp? {
        guard self == .exchange else { return nil }
        var day = CalendarDay(containing: moment)
        while true {
            if let session = MarketCalendar.session(on: day), session.closes > moment {
                return session.closes
            }
            day = day.advanced(by: 1)
        }
    }
}
