/// Compares the cash of one client with what its broker has for it.
package enum CashComparison {
    /// What charges may have taken at the broker that our books do not have: half a percent, and at
    /// least ₹100.
    ///
    /// Our ledger books prices, not charges; delivery both ways costs about a quarter of a percent
    /// (charges.md §3).
    private static let part = BasisPoints(50)
    private static let least = Money(paise: 10_000)

    /// The difference, named `cash`; nil where there is none worth telling.
    ///
    /// More at the broker is no contradiction: not all of a client's money need be put to work
    /// here. Less means that orders are sized from money that is not there.
    package static func drift(ours: Money, theirs: Money) -> Drift? {
        guard theirs + max(ours.part(part), least) < ours else { return nil }
        return Drift(
            kind: .cashShort,
            subject: "cash",
            intent: nil,
            ours: BookSide(cash: ours),
            theirs: BookSide(cash: theirs)
        )
    }
}
