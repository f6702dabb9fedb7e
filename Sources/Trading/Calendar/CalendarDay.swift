/// A day in India, named by how many days it lies after 1970-01-01.
///
/// The civil date is computed in the proleptic Gregorian calendar, for years 1 to 9999.
package struct CalendarDay: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01, as PostgreSQL drivers and brokers' files count them.
    package let number: Int32

    /// The day so many days after 1970-01-01.
    package init(number: Int32) { self.number = number }

    /// The day with this civil date; nil where there is no such date.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month),
            (1...CalendarDay.length(ofMonth: month, in: year)).contains(day)
        else { return nil }
        // Years begin in March here, so that the leap day is the last one of its year.
        let marchYear = month > 2 ? year : year - 1
        let era = marchYear / 400
        let yearOfEra = marchYear % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = Int32(era * CalendarDay.eraLength + dayOfEra - CalendarDay.epoch)
    }

    /// The day in India at this moment.
    package init(containing moment: Timestamp) {
        let local = moment.microseconds + CalendarDay.offset
        let length = CalendarDay.microseconds
        let whole = local / length - (local % length < 0 ? 1 : 0)
        number = Int32(whole)
    }

    package static func < (left: CalendarDay, right: CalendarDay) -> Bool {
        left.number < right.number
    }

    /// The day so many days later; earlier where negative.
    package func advanced(by days: Int32) -> CalendarDay { CalendarDay(number: number + days) }

    /// The moment at which clocks in India show this time of the day.
    package func time(_ hour: Int, _ minute: Int) -> Timestamp {
        let minutes = Int64(hour * 60 + minute)
        return Timestamp(
            microseconds: Int64(number) * CalendarDay.microseconds + minutes * 60_000_000
                - CalendarDay.offset
        )
    }

    /// Monday is 1, Sunday 7, as in ISO 8601.
    package var weekday: Int {
        // 1970-01-01 was a Thursday.
        let sinceMonday = (Int(number) + 3) % 7
        return (sinceMonday < 0 ? sinceMonday + 7 : sinceMonday) + 1
    }

    /// Whether the day is a Saturday or Sunday.
    package var isWeekend: Bool { weekday >= 6 }

    // Days of 400 years; days from 0000-03-01 to 1970-01-01; microseconds.
    private static let eraLength = 146_097
    private static let epoch = 719_468
    private static let microseconds: Int64 = 86_400_000_000
    /// India is 5½ hours ahead of UTC all year.
    private static let offset: Int64 = 19_800_000_000
}

extension CalendarDay {
    /// Year, month and day of the month.
    package var date: (year: Int, month: Int, day: Int) {
        let days = Int(number) + CalendarDay.epoch
        let era = (days >= 0 ? days : days - CalendarDay.eraLength + 1) / CalendarDay.eraLength
        let dayOfEra = days - era * CalendarDay.eraLength
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func length(ofMonth month: Int, in year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension CalendarDay: CustomStringConvertible {
    /// The date as `2026-11-21`; nil where the text is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    package var description: String {
        let (year, month, day) = date
        let padding = String(repeating: "0", count: max(0, 4 - String(year).count))
        return "\(padding)\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
    }
}
