/// The exchange's trading days and hours, in Indian Standard Time (UTC+05:30, no daylight saving).
///
/// NSE's equity segment; BSE keeps the same days. A day that is in doubt counts as closed, since an
/// order sent to a closed exchange does harm and one held back does not. Where the exchange decides
/// otherwise at short notice, `MarketHours.always` overrides this until the dates are mended.
package enum MarketCalendar {
    /// Whether the exchange trades at this moment.
    package static func isOpen(at moment: Timestamp) -> Bool {
        guard let session = session(on: CalendarDay(containing: moment)) else { return false }
        return session.opens <= moment && moment < session.closes
    }

    /// The day's trading hours; nil where the exchange stays closed.
    package static func session(on day: CalendarDay) -> MarketSession? {
        if let special = specialSessions[day] { return special }
        guard !day.isWeekend, holiday(on: day) == nil else { return nil }
        return MarketSession(day: day, opens: usualOpening(on: day), closes: day.time(15, 30))
    }

    /// When trading begins on a day without special hours, also where the exchange stays closed.
    package static func usualOpening(on day: CalendarDay) -> Timestamp {
        // NSE, "Market timings": continuous trading 09:15 to 15:30.
        day.time(9, 15)
    }

    /// The holiday that falls on this day, be it a weekend or not; nil where there is none.
    package static func holiday(on day: CalendarDay) -> MarketHoliday? {
        if let known = holidays[day] { return known }
        let (year, month, monthDay) = day.date
        guard !listedYears.contains(year) else { return nil }
        let name = fixedDates.first { $0.month == month && $0.day == monthDay }?.name
        return name.map { MarketHoliday(day: day, name: $0, isProvisional: true) }
    }

    /// Whether the exchange has announced this day's year, so that no holiday is missing.
    package static func isAnnounced(_ day: CalendarDay) -> Bool {
        announcedYears.contains(day.date.year)
    }

    /// The first moment after this one at which trading begins.
    package static func nextOpening(after moment: Timestamp) -> Timestamp {
        var day = CalendarDay(containing: moment)
        while true {
            if let session = session(on: day), session.opens > moment { return session.opens }
            day = day.advanced(by: 1)
        }
    }
}
