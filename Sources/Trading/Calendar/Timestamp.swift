/// A moment, in microseconds since 1970-01-01 00:00 UTC.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01 00:00 UTC.
    package let microseconds: Int64

    /// The moment so many microseconds after 1970-01-01 00:00 UTC.
    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// This moment moved by a duration; parts of a microsecond are dropped.
    package func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(
            microseconds: microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        )
    }

    /// How long it is from this moment to another; negative where the other is earlier.
    package func duration(to other: Timestamp) -> Duration {
        .microseconds(other.microseconds - microseconds)
    }
}
