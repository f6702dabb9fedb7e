package import Trading

/// Where lent money (MTF) is looked at, and its interest booked.
package protocol MarginStore: Sendable {
    /// How many times the own money a trader's MTF purchases may cost; nil where there is no such
    /// trader.
    func leverage(of trader: TraderID) async throws(StoreFailure) -> Leverage?

    /// Changes it, for trades submitted from now on.
    func setLeverage(_ leverage: Leverage, of trader: TraderID, by actor: Actor)
        async throws(StoreFailure)

    /// Who had money lent at a moment, and is not charged for a day yet.
    func lent(at moment: Timestamp, notChargedFor day: CalendarDay) async throws(StoreFailure)
        -> [LentMoney]

    /// Books a day's interest, once per client and day, with its transfers and audit lines.
    ///
    /// - Returns: how many were not booked before.
    func charge(_ interest: [InterestCharge]) async throws(StoreFailure) -> Int

    /// Clients with lent money, and those of whom one of these alerts is open.
    func stands(orOpen kinds: [AlertKind]) async throws(StoreFailure) -> [MarginStand]
}

/// Money that a client's broker had lent.
package struct LentMoney: Sendable, Equatable {
    package let client: ClientID
    package let trader: TraderID
    package let broker: BrokerName
    package let amount: Money

    package init(client: ClientID, trader: TraderID, broker: BrokerName, amount: Money) {
        self.client = client
        self.trader = trader
        self.broker = broker
        self.amount = amount
    }
}

/// A day's interest of a client.
package struct InterestCharge: Sendable, Equatable {
    package let day: CalendarDay
    package let lent: LentMoney
    /// A day's.
    package let rate: ChargeRate
    package let amount: Money

    package init(day: CalendarDay, lent: LentMoney, rate: ChargeRate, amount: Money) {
        self.day = day
        self.lent = lent
        self.rate = rate
        self.amount = amount
    }
}
