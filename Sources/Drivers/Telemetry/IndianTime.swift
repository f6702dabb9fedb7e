/// Indian Standard Time, which is UTC + 5:30 all year, as ISO 8601 text.
enum IndianTime {
    private static let offset: Int64 = (5 * 60 + 30) * 60_000
    private static let day: Int64 = 86_400_000

    /// Appends such as `2026-11-21T10:15:00.123+05:30`; the years 0000 to 9999 are meant.
    static func append(unixMilliseconds: Int64, to bytes: inout [UInt8]) {
        let local = unixMilliseconds + offset
        let days = (local - positiveRemainder(local, day)) / day
        let milliseconds = positiveRemainder(local, day)
        let date = civil(daysSince1970: days)
        append(date.year, digits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(date.month, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        append(date.day, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        append(milliseconds / 3_600_000, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(milliseconds / 60_000 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        append(milliseconds / 1000 % 60, digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        append(milliseconds % 1000, digits: 3, to: &bytes)
        bytes.append(contentsOf: "+05:30".utf8)
    }

    /// The Gregorian date of a day number.
    ///
    /// Years are counted from March, so that the leap day is a year's last: then 400 years are
    /// 146,097 days and a month's first day is linear in the month's number.
    private static func civil(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let fromMarch0000 = daysSince1970 + 719_468
        let dayOfEra = positiveRemainder(fromMarch0000, 146_097)
        let era = (fromMarch0000 - dayOfEra) / 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func append(_ number: Int64, digits: Int, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(positiveRemainder(number / divisor, 10)))
            divisor /= 10
        }
    }

    private static func positiveRemainder(_ number: Int64, _ divisor: Int64) -> Int64 {
        let remainder = number % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
