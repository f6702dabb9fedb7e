/// A connection to a broker that is made again whenever it ends, with pauses that grow.
package struct KeptConnection: Sendable {
    /// The first and the longest pause before another try, doubled in between.
    private static let firstPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(60)

    private let clock: any Clock<Duration>

    /// One that pauses by this clock.
    package init(clock: any Clock<Duration> = ContinuousClock()) { self.clock = clock }

    /// Keeps it until the task is cancelled.
    ///
    /// - Parameters:
    ///   - listen: One connection, from its beginning to its end: whether the broker was heard, which
    ///     alone proves that the session was good, and why it ended.
    ///   - lost: Hears why a connection ended or did not come about, and how long the pause is.
    package func run(
        _ listen: () async -> (heard: Bool, why: String),
        lost: (String, Duration) async -> Void
    ) async {
        var pause = Self.firstPause
        while !Task.isCancelled {
            let ending = await listen()
            guard !Task.isCancelled else { return }
            if ending.heard { pause = Self.firstPause }
            // Spread, since all connections are often cut off together.
            let wait = pause * Double.random(in: 0.5...1)
            await lost(ending.why, wait)
            guard (try? await clock.sleep(for: wait)) != nil else { return }
            pause = min(pause * 2, Self.longestPause)
        }
    }
}
