/// The hours in which the exchange trades on one day.
package struct MarketSession: Sendable, Equatable {
    package let day: CalendarDay
    /// The first moment of continuous trading.
    package let opens: Timestamp
    /// The first moment after it.
    package let closes: Timestamp
    /// Why the day is not as others, such as `Muhurat trading`; nil on ordinary days.
    package let occasion: String?

    package init(day: CalendarDay, opens: Timestamp, closes: Timestamp, occasion: String? = nil) {
        self.day = day
        self.opens = opens
        self.closes = closes
        self.occasion = occasion
    }
}

/// A day on which the exchange does not trade, or only in a special session.
package struct MarketHoliday: Sendable, Equatable {
    package let day: CalendarDay
    package let name: String
    /// Whether the exchange has not announced it yet: the date is computed and may move by a day.
    package let isProvisional: Bool

    package init(day: CalendarDay, name: String, isProvisional: Bool) {
        self.day = day
        self.name = name
        self.isProvisional = isProvisional
    }
}
