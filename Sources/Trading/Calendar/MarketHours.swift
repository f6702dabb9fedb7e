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

    /// How long after the market's close the brokers' books of the day are final: longer than any lag
    /// that was seen.
    package static let settling: Duration = .seconds(120)
    /// Where the market never closes: how long before midnight a look is the day's last, as sandboxes have it.
    private static let lastLook: Duration = .seconds(600)

    /// From when a look at an order that was taken at this moment has seen all that became of it.
    package func endOfFills(ofOrderTakenAt moment: Timestamp) -> Timestamp {
        nextClose(after: moment)?.advanced(by: Self.settling)
            ?? endOfBooks(ofOrderTakenAt: moment).advanced(by: .zero - Self.lastLook)
    }

    /// From when looks have seen all of the last trading day that was over for so long before this moment;
    /// nil where the market never closes.
    package func lastSettled(before moment: Timestamp, by age: Duration) -> Timestamp? {
        guard self == .exchange else { return nil }
        var day = CalendarDay(containing: moment)
        while true {
            if let session = MarketCalendar.session(on: day) {
                let settled = session.closes.advanced(by: Self.settling)
                if settled.duration(to: moment) >= age { return settled }
            }
            day = day.advanced(by: -1)
        }
    }
}
