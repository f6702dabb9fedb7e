package import Trading

/// `YYYY-MM-DD HH:MM:SS` in Indian Standard Time, as Dhan and Zerodha write it.
package enum IndianTimeText {
    /// The moment; nil where the text is something else.
    package static func parse(_ text: String) -> Timestamp? {
        let numbers = text.prefix(19).split { !$0.isNumber }.compactMap { Int64($0) }
        guard numbers.count == 6, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]),
            numbers[3] < 24, numbers[4] < 60, numbers[5] < 61
        else { return nil }
        let seconds =
            days(numbers[0], numbers[1], numbers[2]) * 86_400 + numbers[3] * 3_600
            + numbers[4] * 60 + numbers[5] - 19_800
        return Timestamp(microseconds: seconds * 1_000_000)
    }

    /// Days since 1970-01-01 of a civil date, by counting the year from March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}
