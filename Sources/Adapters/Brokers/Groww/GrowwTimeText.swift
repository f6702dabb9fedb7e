import Trading

/// `2026-01-16T09:15:00` in Indian time, as Groww's lists are asked.
enum GrowwTimeText {
    /// The moment so many days later.
    static func text(_ moment: Timestamp, days: Int64) -> String {
        let seconds = moment.microseconds / 1_000_000 + 19_800 + days * 86_400
        let (day, second) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = civil(day)
        return "\(date.year)-\(two(date.month))-\(two(date.day))"
            + "T\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }

    private static func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + "\(number)" }

    /// The civil date of a day since 1970-01-01, by counting the year from March.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
