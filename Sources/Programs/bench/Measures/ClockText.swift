/// The sandbox's times, such as `2026-11-23T09:15:00.250000+05:30`.
enum ClockText {
    /// Microseconds since 1970; nil where the text is no such time.
    static func microseconds(_ text: String) -> Int64? {
        let numbers = text.prefix(26).split { !$0.isNumber }.compactMap { Int64($0) }
        guard text.utf8.count == 32, text.hasSuffix("+05:30"), numbers.count == 7 else {
            return nil
        }
        let minutes =
            days(numbers[0], numbers[1], numbers[2]) * 1_440 + numbers[3] * 60
            + numbers[4] - 330
        return (minutes * 60 + numbers[5]) * 1_000_000 + numbers[6]
    }

    /// Days since 1970-01-01 in the Gregorian calendar, counted from March so that the leap day is
    /// a year's last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let months = (month + 9) % 12
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400
            + (months * 153 + 2) / 5 + day - 1 - 719_468
    }
}
