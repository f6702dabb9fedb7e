import Trading

/// Moments as RFC 3339 text in Indian time, such as `2026-11-23T09:15:00.000+05:30`, and back.
enum TimestampText {
    static func text(_ moment: Timestamp) -> String {
        let day = CalendarDay(containing: moment)
        let rest = moment.microseconds - day.time(0, 0).microseconds
        let seconds = rest / 1_000_000
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { pad($0, 2) }
        let time = clock.joined(separator: ":")
        return "\(day)T\(time).\(pad(rest / 1_000 % 1_000, 3))+05:30"
    }

    /// The same to the microsecond, for what is compared byte by byte.
    static func exactText(_ moment: Timestamp) -> String {
        let micros = moment.microseconds % 1_000
        return "\(text(moment).dropLast(6))\(pad(micros < 0 ? micros + 1_000 : micros, 3))+05:30"
    }

    /// The moment; nil where the text has no time zone or is no time at all.
    static func parse(_ text: String) -> Timestamp? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45, bytes[10] | 32 == 116,
            bytes[13] == 58, bytes[16] == 58,
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let date = number(bytes[8..<10]), let hour = number(bytes[11..<13]), hour < 24,
            let minute = number(bytes[14..<16]), minute < 60,
            let second = number(bytes[17..<19]), second < 60,
            let day = CalendarDay(year: Int(year), month: Int(month), day: Int(date))
        else { return nil }
        var rest = bytes[19...]
        var micros: Int64 = 0
        if rest.first == 46 {
            let digits = rest.dropFirst().prefix { (48...57).contains($0) }.prefix(6)
            guard let fraction = number(digits) else { return nil }
            micros = (digits.count..<6).reduce(fraction) { value, _ in value * 10 }
            rest = rest.dropFirst().drop { (48...57).contains($0) }
        }
        guard let offset = offset(Array(rest)) else { return nil }
        let midnight = Int64(day.number) * 86_400
        let seconds = midnight + hour * 3_600 + minute * 60 + second - offset
        return Timestamp(microseconds: seconds * 1_000_000 + micros)
    }

    private static func offset(_ zone: [UInt8]) -> Int64? {
        if zone.count == 1, zone[0] | 32 == 122 { return 0 }
        guard zone.count == 6, zone[3] == 58, zone[0] == 43 || zone[0] == 45,
            let hours = number(zone[1..<3]), hours < 24, let minutes = number(zone[4..<6]),
            minutes < 60
        else { return nil }
        return (zone[0] == 43 ? 1 : -1) * (hours * 3_600 + minutes * 60)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    private static func pad(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
