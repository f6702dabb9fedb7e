import Trading

/// Books each day's interest on lent money, once the day is over.
///
/// Days that were missed, since no scheduler ran, are made up for; what is booked already is not
/// booked again.
package struct ChargeInterest: Sendable {
    let store: any MarginStore
    let clock: any WallClock
    /// So many days are looked back.
    private static let days: Int32 = 7
    private static let atOnce = 500

    package init(store: any MarginStore, clock: any WallClock) {
        self.store = store
        self.clock = clock
    }

    /// Does it for all days that are over.
    ///
    /// - Returns: how many charges were booked now.
    package func callAsFunction() async throws(StoreFailure) -> Int {
        let today = CalendarDay(containing: clock.now())
        var booked = 0
        for back in (1...Self.days).reversed() {
            booked += try await charge(for: today.advanced(by: -back))
        }
        return booked
    }

    /// Where the first day is free, what was lent when the day began counts, else when it ended.
    private func charge(for day: CalendarDay) async throws(StoreFailure) -> Int {
        var due: [InterestCharge] = []
        for firstDayIsFree in [false, true] {
            let moment = (firstDayIsFree ? day : day.advanced(by: 1)).time(0, 0)
            for lent in try await store.lent(at: moment, notChargedFor: day) {
                guard let terms = MarginInterest.of(lent.broker, on: day),
                    terms.firstDayIsFree == firstDayIsFree
                else { continue }
                let (rate, amount) = terms.charge(on: lent.amount)
                due.append(InterestCharge(day: day, lent: lent, rate: rate, amount: amount))
            }
        }
        var booked = 0
        var rest = due.sorted { $0.lent.client < $1.lent.client }[...]
        while !rest.isEmpty {
            booked += try await store.charge(Array(rest.prefix(Self.atOnce)))
            rest = rest.dropFirst(Self.atOnce)
        }
        return booked
    }
}
