import Testing
import Trading

@Suite struct CalendarDayTests {
    @Test(
        "Dates and day numbers are one",
        arguments: [
            ("1970-01-01", 0, 4), ("1969-12-31", -1, 3), ("2000-02-29", 11_016, 2),
            ("2024-02-29", 19_782, 4), ("2026-11-21", 20_778, 6), ("1900-03-01", -25_508, 4),
            ("0001-01-01", -719_162, 1), ("9999-12-31", 2_932_896, 5),
        ] as [(String, Int32, Int)]
    )
    func known(text: String, number: Int32, weekday: Int) throws {
        let day = try #require(CalendarDay(text))
        #expect(day.number == number)
        #expect(day.weekday == weekday)
        #expect(day.description == text)
        #expect(CalendarDay(number: number) == day)
    }

    @Test("Every day for 800 years comes back from its date, one weekday after the other")
    func allDays() throws {
        let first = try #require(CalendarDay("1600-01-01"))
        var weekday = first.weekday
        for offset in Int32(0)..<292_194 {
            let day = first.advanced(by: offset)
            let (year, month, number) = day.date
            #expect(CalendarDay(year: year, month: month, day: number) == day)
            #expect(day.weekday == weekday)
            weekday = weekday % 7 + 1
        }
    }

    @Test(
        "What is no date is refused",
        arguments: [
            "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00",
            "2026-1-1", "26-01-01", "2026/01/01", "", "2026-01-01T00:00", "+026-01-01",
            "0000-01-01",
        ]
    )
    func refused(text: String) {
        #expect(CalendarDay(text) == nil)
    }

    @Test("A day in India begins at 18:30 UTC")
    func indian() throws {
        let day = try #require(CalendarDay("2026-11-21"))
        let midnight = day.time(0, 0)
        // 2026-11-20T18:30:00Z
        #expect(midnight.microseconds == 1_795_199_400_000_000)
        #expect(CalendarDay(containing: midnight) == day)
        let before = Timestamp(microseconds: midnight.microseconds - 1)
        #expect(CalendarDay(containing: before) == day.advanced(by: -1))
        let negative = Timestamp(microseconds: -19_800_000_001)
        #expect(CalendarDay(containing: negative) == CalendarDay(number: -1))
    }

    @Test("Moments move by durations and tell the duration between them")
    func moments() {
        let moment = Timestamp(microseconds: 1_000)
        #expect(moment.advanced(by: .milliseconds(2)).microseconds == 3_000)
        #expect(moment.advanced(by: .microseconds(-1_500)).microseconds == -500)
        #expect(moment.advanced(by: .nanoseconds(1_999)).microseconds == 1_001)
        #expect(moment.duration(to: moment.advanced(by: .seconds(90))) == .seconds(90))
        #expect(moment < moment.advanced(by: .microseconds(1)))
    }
}
