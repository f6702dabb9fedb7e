import Trading

extension Timestamp {
    /// The latest moment that is believed: the end of the year 2199.
    private static let latest: Int64 = 7_258_118_400_000_000

    /// A moment as it is written to Redis; nil for what is no moment since 1970, as where somebody
    /// else has written.
    init?(written text: Substring) {
        guard let microseconds = Int64(text), (0...Self.latest).contains(microseconds) else {
            return nil
        }
        self.init(microseconds: microseconds)
    }
}
