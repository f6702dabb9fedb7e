package import Trading

/// Sees to it that no UNKNOWN order goes unnoticed: counts them, tells of each once, and at the end of
/// the trading day has every one compared with its broker's book of the day.
package struct WatchDoubts: Sendable {
    let store: any DoubtStore
    let market: MarketHours
    let clock: any WallClock
    /// An order that could not even be looked at is told of after this.
    let alertAge: Duration

    /// How long after that what is UNKNOWN still is reported as left over from the day: time for a
    /// few more looks.
    private static let verdict: Duration = .seconds(900)

    /// What is to be told to people.
    package enum Notice: Sendable {
        /// How many are UNKNOWN at each broker that has any, at this moment.
        case counts([UnknownCount], at: Timestamp)
        /// An order that has just become worth a warning.
        case unknown(UnknownOrder)
        /// The day is over, and this many were looked for in the brokers' statements.
        case dayClosing(Int)
        /// The day is over, its statements were asked, and these are UNKNOWN still.
        case leftOver([UnknownCount])
        case failed(any Error)
    }

    package init(
        store: any DoubtStore,
        market: MarketHours,
        clock: any WallClock,
        alertAge: Duration
    ) {
        self.store = store
        self.market = market
        self.clock = clock
        self.alertAge = alertAge
    }

    /// The end of one trading day.
    private struct Close {
        let at: Timestamp
        /// When the day's books were asked for; nil where they were not yet.
        var askedAt: Timestamp?
    }

    /// Watches every `interval` until cancelled; `tell` hears of everything.
    package func run(every interval: Duration, tell: @Sendable (Notice) -> Void) async {
        // Also the close that was before this process began to lead.
        let now = clock.now()
        var close = (market.close(ofTheDayOf: now) ?? market.nextClose(after: now)).map {
            Close(at: $0)
        }
        while !Task.isCancelled {
            do {
                try await watch(tell)
                if let day = close { close = try await end(day, tell) }
            } catch {
                tell(.failed(error))
            }
            guard (try? await clock.sleep(for: interval)) != nil else { return }
        }
    }

    /// Counts, and tells of those that nobody was told of.
    package func watch(_ tell: @Sendable (Notice) -> Void) async throws {
        tell(.counts(try await store.unknownCounts(), at: clock.now()))
        for order in try await store.takeAlerts(age: alertAge, limit: 1_000) {
            tell(.unknown(order))
        }
    }

    /// What is to be done once the market has closed: first the looks, later the report.
    ///
    /// - Returns: the close to wait for from now on.
    private func end(_ day: Close, _ tell: @Sendable (Notice) -> Void) async throws -> Close? {
        var day = day
        let now = clock.now()
        guard day.at.duration(to: now) >= MarketHours.settling else { return day }
        guard let askedAt = day.askedAt else {
            tell(.dayClosing(try await store.lookNow()))
            day.askedAt = now
            return day
        }
        guard askedAt.duration(to: now) >= Self.verdict else { return day }
        let left = try await store.unknownCounts()
        if !left.isEmpty { tell(.leftOver(left)) }
        return market.nextClose(after: now).map { Close(at: $0) }
    }
}
