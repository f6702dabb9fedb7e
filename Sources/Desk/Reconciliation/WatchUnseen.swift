package import Trading

/// Keeps an alert for each client whose orders were not seen after the close of their day.
///
/// Brokers without a list of past trades by order clear their books overnight: until then a look still
/// tells everything, mostly once the client has logged in; afterwards nobody knows what was filled.
package struct WatchUnseen: Sendable {
    let store: any UnseenStore
    let alerts: any AlertStore
    /// Those without such a list.
    let brokers: [BrokerName]
    let market: MarketHours
    let clock: any WallClock

    /// Live orders are looked at every half minute; what was not seen for so long nobody can look at.
    private static let patience: Duration = .seconds(900)

    package init(
        store: any UnseenStore,
        alerts: any AlertStore,
        brokers: [BrokerTraits],
        market: MarketHours,
        clock: any WallClock
    ) {
        self.store = store
        self.alerts = alerts
        self.brokers = brokers.filter { !$0.historyNamesOrders }.map(\.name)
        self.market = market
        self.clock = clock
    }

    /// One look at all.
    ///
    /// - Returns: alerts that are new.
    package func callAsFunction() async throws(StoreFailure) -> [Alert] {
        let settled = market.lastSettled(before: clock.now(), by: Self.patience)
        let found = try await store.unseenOrders(at: brokers, since: settled)
        guard !found.isEmpty else { return [] }
        return try await alerts.keep(
            found.compactMap(Self.alert),
            judged: found.map { JudgedCondition(kind: .ordersUnseen, client: $0.client) }
        )
    }

    private static func alert(_ orders: UnseenOrders) -> Alert? {
        var sentences: [String] = []
        if orders.untold > 0 {
            sentences.append(
                "Of \(orders.untold) at \(orders.brokers) no book tells what they filled: compare the"
                    + " holdings, then decide each."
            )
        }
        if orders.unseen > 0 {
            sentences.append(
                "\(orders.unseen) at \(orders.brokers) were not seen after the close: the client must log in"
                    + " before the broker clears its list in the morning."
            )
        }
        guard !sentences.isEmpty else { return nil }
        return Alert(
            kind: .ordersUnseen,
            trader: orders.trader,
            client: orders.client,
            text: "Orders: " + sentences.joined(separator: " ")
        )
    }
}
