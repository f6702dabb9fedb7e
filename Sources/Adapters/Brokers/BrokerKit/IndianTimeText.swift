package import Trading

/// `YYYY-MM-DD HH:MM:SS` in Indian Standard Time, as Dhan and Zerodha write it.
package enum IndianTimeText {
    /// The moment; nil where the text is something else, or no day of any trade.
    ///
    /// Absent times are written as the year 1 by Dhan, and as 1980 by its exchange feed.
    package static func parse(_ text: String) -> Timestamp? {
        let numbers = text.prefix(19).split { !$0.isASCII || !$0.isNumber }.map { Int64($0) ?? -1 }
        guard numbers.count == 6, (1990...2199).contains(numbers[0]),
            (1...12).contains(numbers[1]),
            (1...length(ofMonth: numbers[1], in: numbers[0])).contains(numbers[2]),
            numbers[3] < 24, numbers[4] < 60, numbers[5] < 60
        else { return nil }
        let seconds =
            days(numbers[0], numbers[1], numbers[2]) * 86_400 + numbers[3] * 3_600
            + numbers[4] * 60 + numbers[5] - 19_800
        return Timestamp(microseconds: seconds * 1_000_000)
    }

    private static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
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
