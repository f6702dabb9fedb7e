/// The exchange's trading days and hours, in Indian Standard Time (UTC+05:30, no daylight saving).
package enum MarketCalendar {
    /// Whether the exchange trades at this moment: 09:15 to 15:30 on weekdays.
    package static func isOpen(at moment: Timestamp) -> Bool {
        let minutes = (moment.microseconds / 60_000_000) + 330
        let day = minutes / 1440
        let weekday = (day + 4) % 7
        guard (1...5).contains(weekday) else { return false }
        return (555..<930).contains(minutes % 1440)
    }
}
