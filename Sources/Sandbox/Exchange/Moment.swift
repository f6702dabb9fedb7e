/// An instant, in microseconds since 1970 in UTC.
///
/// It is read on Indian clocks, which never change by season.
package struct Moment: Comparable, Hashable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    private static let second: Int64 = 1_000_000
    private static let day: Int64 = 86_400 * second
    /// India is five and a half hours ahead of UTC.
    private static let indianOffset: Int64 = 19_800 * second

    package static func < (left: Moment, right: Moment) -> Bool {
        left.microseconds < right.microseconds
    }

    package func advanced(byMilliseconds count: Int64) -> Moment {
        Moment(microseconds: microseconds + count * 1_000)
    }

    /// Days since 1 January 1970 on an Indian calendar.
    package var indianDay: Int64 {
        floorDivide(microseconds + Self.indianOffset, Self.day)
    }

    /// Seconds since midnight in India.
    package var indianSecondOfDay: Int64 {
        floorDivide(microseconds + Self.indianOffset, Self.second) - indianDay * 86_400
    }

    /// 0 is Monday.
    package var indianWeekday: Int64 {
        let weekday = (indianDay + 3) % 7
        return weekday < 0 ? weekday + 7 : weekday
    }

    /// `2026-11-20 09:15:00`, Indian time.
    package var indianText: String {
        let (year, month, day) = indianCalendar
        let second = indianSecondOfDay
        guard (1_000...9_999).contains(year) else { return indianDate + " " + indianTime }
        // By hand: three of them are in every order and trade that is read.
        return String(unsafeUninitializedCapacity: 19) { text in
            text.initialize(repeating: UInt8(ascii: "-"))
            text[10] = UInt8(ascii: " ")
            text[13] = UInt8(ascii: ":")
            text[16] = UInt8(ascii: ":")
            put(year / 100, at: 0, text)
            put(year % 100, at: 2, text)
            put(month, at: 5, text)
            put(day, at: 8, text)
            put(second / 3_600, at: 11, text)
            put(second / 60 % 60, at: 14, text)
            put(second % 60, at: 17, text)
            return 19
        }
    }

    /// `2026-11-20`.
    package var indianDate: String {
        let (year, month, day) = Self.civil(indianDay)
        return "\(year)-\(twoDigits(month))-\(twoDigits(day))"
    }

    /// `09:15:00`.
    package var indianTime: String {
        let second = indianSecondOfDay
        let minutes = twoDigits(second / 60 % 60)
        return "\(twoDigits(second / 3_600)):\(minutes):\(twoDigits(second % 60))"
    }

    /// Year, month and day of the month in India.
    package var indianCalendar: (year: Int64, month: Int64, day: Int64) {
        Self.civil(indianDay)
    }

    /// `2026-11-20T09:15:00.123456+05:30`.
    package var rfc3339: String {
        let micros = microseconds - floorDivide(microseconds, Self.second) * Self.second
        let padded = String(String(micros + Self.second).dropFirst())
        return "\(indianDate)T\(indianTime).\(padded)+05:30"
    }

    /// Reads `2026-11-20T09:15:00+05:30`, with or without a fraction; `Z` is UTC.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20,
            let year = Self.number(bytes, 0..<4), let month = Self.number(bytes, 5..<7),
            let day = Self.number(bytes, 8..<10), let hour = Self.number(bytes, 11..<13),
            let minute = Self.number(bytes, 14..<16), let second = Self.number(bytes, 17..<19),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            var scale: Int64 = 100_000
            index += 1
            while index < bytes.count, let digit = Self.number(bytes, index..<index + 1) {
                fraction += digit * scale
                scale /= 10
                index += 1
            }
        }
        guard let offset = Self.offset(bytes[index...]) else { return nil }
        let days = Self.days(year, month, day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        microseconds = seconds * Self.second + fraction
    }

    /// Midnight in India of a date written `2026-11-20`.
    package init?(indianDate text: String) {
        self.init(rfc3339: text + "T00:00:00+05:30")
    }

    /// Seconds ahead of UTC, from `Z` or `+05:30`.
    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard let sign = bytes.first else { return nil }
        if bytes.count == 1, sign == UInt8(ascii: "Z") { return 0 }
        let all = Array(bytes)
        guard all.count == 6, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let hours = number(all, 1..<3), let minutes = number(all, 4..<6)
        else { return nil }
        return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }

    private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int64? {
        var value: Int64 = 0
        for index in range {
            guard index < bytes.count, bytes[index] >= UInt8(ascii: "0"),
                bytes[index] <= UInt8(ascii: "9")
            else { return nil }
            value = value * 10 + Int64(bytes[index] - UInt8(ascii: "0"))
        }
        return value
    }

    /// The Gregorian date of a day counted from 1970 (years counted from March, in eras of 400).
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let century = dayOfEra / 36_524
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + century - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
}

private func twoDigits(_ value: Int64) -> String {
    value < 10 ? "0\(value)" : String(value)
}

private func put(_ value: Int64, at place: Int, _ text: UnsafeMutableBufferPointer<UInt8>) {
    text[place] = UInt8(ascii: "0") + UInt8(value / 10)
    text[place + 1] = UInt8(ascii: "0") + UInt8(value % 10)
}
