/// How long work that is repeated for ever rests, so that what reads all that waits takes its
/// twentieth of a busy database and no more.
package enum FairRest {
    private static let times = 20
    /// Longer would keep somebody waiting who needs that work.
    private static let longest: Duration = .seconds(5)

    /// The rest after work that took so long: `interval`, which is enough on a quiet machine, or
    /// twenty times the work.
    package static func after(_ work: Duration, atLeast interval: Duration) -> Duration {
        max(interval, min(work * times, longest))
    }
}
