/// The dates behind the calendar. A year's list is published in the December before it; add it here.
extension MarketCalendar {
    /// Years whose holidays are all listed here, announced or computed.
    static let listedYears = 2025...2027
    /// Years whose holidays the exchange has announced.
    static let announcedYears = 2025...2026

    /// Holidays that have the same date every year: all that is known of a year without a list.
    static let fixedDates: [(month: Int, day: Int, name: String)] = [
        (1, 26, "Republic Day"),
        (4, 14, "Dr. Baba Saheb Ambedkar Jayanti"),
        (5, 1, "Maharashtra Day"),
        (8, 15, "Independence Day"),
        (10, 2, "Mahatma Gandhi Jayanti"),
        (12, 25, "Christmas"),
    ]

    /// Every listed holiday by its day.
    static let holidays: [CalendarDay: MarketHoliday] = Dictionary(
        uniqueKeysWithValues: (list(2025, of2025, isProvisional: false)
            + list(2026, of2026, isProvisional: false)
            + list(2027, of2027, isProvisional: true)).map { ($0.day, $0) }
    )

    /// Days with hours of their own, be they holidays or weekends.
    static let specialSessions: [CalendarDay: MarketSession] = Dictionary(
        uniqueKeysWithValues: [
            // NSE/CMTR/65729: a Saturday.
            special("2025-02-01", from: (9, 15), to: (15, 30), "Union Budget"),
            // NSE/CMTR/70319 of 22 September 2025.
            special("2025-10-21", from: (13, 45), to: (14, 45), "Muhurat trading"),
            // NSE/CMTR/72349 of 16 January 2026: a Sunday.
            special("2026-02-01", from: (9, 15), to: (15, 30), "Union Budget"),
            // Muhurat trading of 2026-11-08 (Sunday) and 2027-10-29: the hours come by a circular
            // of their own. Until one is entered here the days count as closed.
        ].map { ($0.day, $0) }
    )

    /// NSE/CMTR/65587 of 13 December 2024, with those that fall on a weekend.
    private static let of2025 = [
        (1, 26, "Republic Day"),
        (2, 26, "Mahashivratri"),
        (3, 14, "Holi"),
        (3, 31, "Id-Ul-Fitr (Ramadan Eid)"),
        (4, 6, "Shri Ram Navami"),
        (4, 10, "Shri Mahavir Jayanti"),
        (4, 14, "Dr. Baba Saheb Ambedkar Jayanti"),
        (4, 18, "Good Friday"),
        (5, 1, "Maharashtra Day"),
        (6, 7, "Bakri Id"),
        (7, 6, "Muharram"),
        (8, 15, "Independence Day"),
        (8, 27, "Ganesh Chaturthi"),
        (10, 2, "Mahatma Gandhi Jayanti, Dussehra"),
        (10, 21, "Diwali Laxmi Pujan"),
        (10, 22, "Diwali Balipratipada"),
        (11, 5, "Prakash Gurpurb Sri Guru Nanak Dev"),
        (12, 25, "Christmas"),
    ]

    /// NSE/CMTR/71775 of 12 December 2025, and NSE/CMTR/72260 of 12 January 2026 for 15 January.
    private static let of2026 = [
        (1, 15, "Municipal Corporation Election, Maharashtra"),
        (1, 26, "Republic Day"),
        (2, 15, "Mahashivratri"),
        (3, 3, "Holi"),
        (3, 21, "Id-Ul-Fitr (Ramadan Eid)"),
        (3, 26, "Shri Ram Navami"),
        (3, 31, "Shri Mahavir Jayanti"),
        (4, 3, "Good Friday"),
        (4, 14, "Dr. Baba Saheb Ambedkar Jayanti"),
        (5, 1, "Maharashtra Day"),
        (5, 28, "Bakri Id"),
        (6, 26, "Muharram"),
        (8, 15, "Independence Day"),
        (9, 14, "Ganesh Chaturthi"),
        (10, 2, "Mahatma Gandhi Jayanti"),
        (10, 20, "Dussehra"),
        (11, 8, "Diwali Laxmi Pujan"),
        (11, 10, "Diwali Balipratipada"),
        (11, 24, "Prakash Gurpurb Sri Guru Nanak Dev"),
        (12, 25, "Christmas"),
    ]

    /// Not announced yet (November 2026): fixed dates, Easter, and almanac dates of the festivals,
    /// of which the lunar ones may move by a day.
    private static let of2027 = [
        (1, 26, "Republic Day"),
        (3, 6, "Mahashivratri"),
        (3, 10, "Id-Ul-Fitr (Ramadan Eid)"),
        (3, 22, "Holi"),
        (3, 26, "Good Friday"),
        (4, 14, "Dr. Baba Saheb Ambedkar Jayanti"),
        (4, 15, "Shri Ram Navami"),
        (4, 19, "Shri Mahavir Jayanti"),
        (5, 1, "Maharashtra Day"),
        (5, 17, "Bakri Id"),
        (6, 16, "Muharram"),
        (8, 15, "Independence Day"),
        (9, 4, "Ganesh Chaturthi"),
        (10, 2, "Mahatma Gandhi Jayanti"),
        (10, 9, "Dussehra"),
        (10, 29, "Diwali Laxmi Pujan"),
        (10, 30, "Diwali Balipratipada"),
        (11, 14, "Prakash Gurpurb Sri Guru Nanak Dev"),
        (12, 25, "Christmas"),
    ]

    private static func list(_ year: Int, _ dates: [(Int, Int, String)], isProvisional: Bool)
        -> [MarketHoliday]
    {
        dates.map { month, day, name in
            guard let day = CalendarDay(year: year, month: month, day: day) else {
                preconditionFailure("no such date: \(name) \(year)")
            }
            return MarketHoliday(day: day, name: name, isProvisional: isProvisional)
        }
    }

    private static func special(
        _ date: String,
        from opens: (Int, Int),
        to closes: (Int, Int),
        _ occasion: String
    ) -> MarketSession {
        guard let day = CalendarDay(date) else { preconditionFailure("no such date: \(date)") }
        return MarketSession(
            day: day,
            opens: day.time(opens.0, opens.1),
            closes: day.time(closes.0, closes.1),
            occasion: occasion
        )
    }
}
