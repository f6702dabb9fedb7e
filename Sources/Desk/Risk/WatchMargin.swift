package import Trading

/// Looks at all clients with lent money, and keeps an alert for each danger as long as it lasts.
///
/// Where a price is missing, nothing is concluded: an alert then neither comes nor goes.
package struct WatchMargin: Sendable {
    let margins: any MarginStore
    let alerts: any AlertStore
    private let prices: AskPrices

    package init(
        margins: any MarginStore,
        alerts: any AlertStore,
        quotes: any LiveQuotes,
        clock: any WallClock
    ) {
        self.margins = margins
        self.alerts = alerts
        prices = AskPrices(quotes: quotes, clock: clock)
    }

    /// One look at all.
    ///
    /// - Returns: alerts that are new.
    package func callAsFunction() async throws(StoreFailure) -> [Alert] {
        var found: [Alert] = []
        var judged: [JudgedCondition] = []
        let stands = try await margins.stands(orOpen: MarginWatch.kinds)
        for (trader, stands) in Dictionary(grouping: stands, by: \.trader) {
            let instruments = Set(stands.flatMap(\.shares.keys).map(\.instrument))
            let quotes = await prices(instruments, for: trader).mapValues(\.price)
            for stand in stands {
                judged.append(JudgedCondition(kind: .manyMTFTrades, client: stand.client))
                if let alert = MarginWatch.manyTrades(stand) { found.append(alert) }
                guard let worth = MarginWatch.worth(stand, at: quotes) else { continue }
                judged.append(JudgedCondition(kind: .portfolioBelowCapital, client: stand.client))
                if let alert = MarginWatch.belowCapital(stand, worth: worth) {
                    found.append(alert)
                }
            }
        }
        guard !judged.isEmpty else { return [] }
        return try await alerts.keep(found, judged: judged)
    }
}
