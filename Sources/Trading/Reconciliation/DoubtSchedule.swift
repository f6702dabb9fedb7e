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

    /// How long to wait where the broker had been asked too often.
    ///
    /// Looks into several doubts of one account that are made at one moment exceed its limit together,
    /// and would so again and again: from here on each has a moment of its own. Not divided, since
    /// brokers' limits are not.
    package func delay(of order: IntentID, afterLimit wait: Duration) -> Duration {
        max(wait, .seconds(1)) + .seconds(2 * (order.raw % 16))
    }

    /// Whether an order that is nowhere in the books was never placed.
    ///
    /// `absences`: looks that saw the whole book and all trades without it; a look that the broker
    /// did not answer in full is none. `age`: since the send was over at the latest. At least two
    /// such looks, the last of them past the broker's visibility lag, and past the horizon unless
    /// the broker itself said no, though not in a way that is proof alone. Once the market has
    /// closed the book is the day's statement, and one such look past the lag will do. Nothing is proof
    /// where the broker claims to have the order.
    package func provesAbsence(
        absences: Int,
        age: Duration,
        lag: Duration,
        brokerSpoke: Bool,
        brokerClaims: Bool = false,
        marketHasClosed: Bool = false
    ) -> Bool {
        guard !brokerClaims else { return false }
        let visible = lag / scale
        if marketHasClosed, absences >= 1, age >= visible { return true }
        return absences >= 2 && age >= (brokerSpoke ? visible : max(visible, horizon))
    }
}
