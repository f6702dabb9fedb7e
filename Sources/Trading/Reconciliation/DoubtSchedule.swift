/// When the broker's books are asked about an attempt in doubt, and when their silence is proof.
///
/// Lags of 8 s and 90 s were seen at brokers (exactly-once.md §2), hence the horizon of 120 s.
package struct DoubtSchedule: Sendable, Equatable {
    private let delays: [Duration]
    private let horizon: Duration
    private let scale: Int

    /// The schedule of 2 s, 8 s, 30 s, 120 s, then 5 min; tests divide all times by `scale`.
    package init(dividedBy scale: Int = 1) {
        precondition(scale > 0, "times cannot be divided by \(scale)")
        self.scale = scale
        delays = [2, 8, 30, 120, 300].map { .seconds($0) / scale }
        horizon = .seconds(120) / scale
    }

    /// How long to wait after so many looks.
    package func delay(afterLooks looks: Int) -> Duration {
        delays[min(max(looks, 0), delays.count - 1)]
    }

    /// Whether an order that the whole book does not show was never placed.
    ///
    /// Where the broker itself said no, though not in a way that is proof alone, its visibility lag
    /// suffices; where it said nothing, the horizon does. At least two looks in any case.
    package func provesAbsence(looks: Int, age: Duration, lag: Duration, brokerSpoke: Bool) -> Bool
    {
        let enough = brokerSpoke ? min(lag / scale, horizon) : max(lag / scale, horizon)
        return looks >= 2 && age >= enough
    }
}
