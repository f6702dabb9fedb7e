import Testing
import Trading

@Suite struct MarketCalendarTests {
    private func moment(_ date: String, _ hour: Int, _ minute: Int) throws -> Timestamp {
        try #require(CalendarDay(date)).time(hour, minute)
    }

    @Test(
        "The exchange trades from 09:15 to 15:30 on a working day",
        arguments: [
            (0, 0, false), (9, 14, false), (9, 15, true), (12, 0, true), (15, 29, true),
            (15, 30, false), (23, 59, false),
        ]
    )
    func hours(hour: Int, minute: Int, isOpen: Bool) throws {
        // A Friday.
        #expect(MarketCalendar.isOpen(at: try moment("2026-11-20", hour, minute)) == isOpen)
    }

    @Test("The last microsecond of the session is in it and the next one is not")
    func edges() throws {
        let closes = try moment("2026-11-20", 15, 30)
        #expect(MarketCalendar.isOpen(at: Timestamp(microseconds: closes.microseconds - 1)))
        #expect(!MarketCalendar.isOpen(at: closes))
    }

    @Test(
        "Weekends and holidays are closed",
        arguments: [
            "2026-11-21", "2026-11-22", "2025-02-26", "2025-10-22", "2025-12-25", "2026-01-15",
            "2026-01-26", "2026-03-03", "2026-05-28", "2026-11-08", "2026-11-10", "2026-11-24",
            "2027-01-26", "2027-03-26", "2027-10-29", "2028-01-26", "2030-10-02",
        ]
    )
    func closed(date: String) throws {
        let day = try #require(CalendarDay(date))
        #expect(MarketCalendar.session(on: day) == nil)
        #expect(!MarketCalendar.isOpen(at: day.time(12, 0)))
    }

    @Test(
        "Special sessions have their own day and hours",
        arguments: [
            ("2025-02-01", 9, 15, 15, 30, "Union Budget"),
            ("2026-02-01", 9, 15, 15, 30, "Union Budget"),
            ("2025-10-21", 13, 45, 14, 45, "Muhurat trading"),
        ]
    )
    func special(
        date: String,
        fromHour: Int,
        fromMinute: Int,
        toHour: Int,
        toMinute: Int,
        occasion: String
    ) throws {
        let day = try #require(CalendarDay(date))
        let session = try #require(MarketCalendar.session(on: day))
        #expect(session.opens == (try moment(date, fromHour, fromMinute)))
        #expect(session.closes == (try moment(date, toHour, toMinute)))
        #expect(session.occasion == occasion)
        #expect(MarketCalendar.isOpen(at: session.opens))
        #expect(!MarketCalendar.isOpen(at: try moment(date, fromHour, fromMinute - 1)))
        #expect(!MarketCalendar.isOpen(at: session.closes))
    }

    @Test(
        "The announced lists have as many closed weekdays as their circulars say",
        arguments: [(2025, 14), (2026, 16)]
    )
    func counts(year: Int, weekdays: Int) throws {
        let first = try #require(CalendarDay(year: year, month: 1, day: 1))
        let holidays = (0..<365).map { first.advanced(by: $0) }
            .filter { !$0.isWeekend }
            .compactMap(MarketCalendar.holiday(on:))
        // The days of 2025 are 14 with Diwali Laxmi Pujan, which had the Muhurat session.
        #expect(holidays.count == weekdays)
        #expect(holidays.allSatisfy { !$0.isProvisional })
    }

    @Test("What the exchange has not announced is marked as provisional")
    func provisional() throws {
        let holi = try #require(CalendarDay("2027-03-22"))
        #expect(MarketCalendar.holiday(on: holi)?.isProvisional == true)
        #expect(!MarketCalendar.isAnnounced(holi))
        #expect(MarketCalendar.isAnnounced(try #require(CalendarDay("2026-12-31"))))
        let unlisted = try #require(CalendarDay("2031-08-15"))
        #expect(MarketCalendar.holiday(on: unlisted)?.name == "Independence Day")
        #expect(MarketCalendar.holiday(on: unlisted)?.isProvisional == true)
    }

    @Test(
        "The next opening skips nights, weekends and holidays",
        arguments: [
            ("2026-11-20", 9, 0, "2026-11-20"), ("2026-11-20", 9, 15, "2026-11-23"),
            ("2026-11-20", 16, 0, "2026-11-23"), ("2026-11-23", 16, 0, "2026-11-25"),
            ("2026-01-30", 16, 0, "2026-02-01"), ("2026-12-24", 16, 0, "2026-12-28"),
        ]
    )
    func next(date: String, hour: Int, minute: Int, expected: String) throws {
        let opening = MarketCalendar.nextOpening(after: try moment(date, hour, minute))
        #expect(opening == (try moment(expected, 9, 15)))
    }

    @Test("A sandbox's market is always open, the exchange's not")
    func override() throws {
        let sunday = try moment("2026-11-22", 3, 0)
        #expect(MarketHours.always.isOpen(at: sunday))
        #expect(!MarketHours.exchange.isOpen(at: sunday))
        #expect(MarketHours.exchange.isOpen(at: try moment("2026-11-20", 10, 0)))
    }
}
