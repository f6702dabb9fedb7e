import Exchange

/// Counts calls in calendar windows: this second, this minute, this hour and this Indian day.
struct RateWindows: Sendable {
    private struct Window: Sendable {
        let microseconds: Int64
        let limit: Int
        var index: Int64 = -1
        var count = 0
    }

    /// India is half an hour off the full hour, so windows are counted on Indian clocks.
    private static let indianOffset: Int64 = 19_800_000_000
    private var windows: [Window]

    init(_ limits: [(seconds: Int64, calls: Int)]) {
        windows = limits.map { Window(microseconds: $0.seconds * 1_000_000, limit: $0.calls) }
    }

    /// Counts a call if every window has room for it; a refused call is not counted.
    mutating func admit(at moment: Moment) -> Bool {
        let time = moment.microseconds + Self.indianOffset
        for place in windows.indices {
            let index = time / windows[place].microseconds
            if index != windows[place].index {
                windows[place].index = index
                windows[place].count = 0
            }
            if windows[place].count >= windows[place].limit { return false }
        }
        for place in windows.indices { windows[place].count += 1 }
        return true
    }
}
