/// How long to wait before the next attempt to connect: doubling, with jitter, up to a limit.
///
/// Each wait is drawn between half and the whole of its step, so that many clients of a server
/// that comes back do not all arrive at once.
package struct Backoff: Sendable {
    private let first: Duration
    private let limit: Duration
    private var step: Duration

    package init(first: Duration = .milliseconds(50), limit: Duration = .seconds(5)) {
        self.first = first
        self.limit = limit
        step = first
    }

    /// The wait before the next attempt.
    package mutating func next() -> Duration {
        defer { step = min(step * 2, limit) }
        return step * Int.random(in: 500...1000) / 1000
    }

    /// An attempt succeeded.
    package mutating func reset() { step = first }
}
