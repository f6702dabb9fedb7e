/// When a broker is asked again for a cancel, and when no more.
package enum CancelSchedule {
    /// A broker that refused so often, with an order that its books then showed alive, means it.
    ///
    /// Not the first time: books are behind by moments, and an order on its way to the exchange is
    /// refused and cancelled a second later.
    package static let refusalsForGood = 3

    /// The wait after so many tries that came to nothing: 1, 2, 4 … 60 s.
    package static func delay(afterTries tries: Int) -> Duration {
        precondition(tries > 0, "a delay follows a try")
        return .seconds(tries > 6 ? 60 : min(60, 1 << (tries - 1)))
    }

    /// The wait until a broker that took the wish is asked once more: the books should tell earlier.
    package static func delay(afterTaken tries: Int) -> Duration {
        precondition(tries > 0, "a delay follows a try")
        return .seconds(tries > 4 ? 300 : min(300, 15 << tries))
    }

    /// The wait where nobody can ask before somebody has logged in.
    package static let withoutSession: Duration = .seconds(60)
}
