import Glibc

/// The monotonic clock, in nanoseconds, that all the client's deadlines are kept in.
enum LoopClock {
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// The duration, at least 0 and at most some thirty years, so that sums of times fit.
    static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(min(seconds, 1_000_000_000)) * 1_000_000_000
            + UInt64(attoseconds / 1_000_000_000)
    }

    /// The time from `now` to `end` in whole milliseconds, rounded up; 0 where it has passed.
    static func milliseconds(from now: UInt64, to end: UInt64) -> Int {
        end <= now ? 0 : Int((end - now + 999_999) / 1_000_000)
    }
}
