package import Desk
package import Trading

extension MemoryStore: MarginStore {
    package func leverage(of trader: TraderID) async throws(StoreFailure) -> Leverage? {
        try transact("leverage") { state in
            state.traders[trader] == nil ? nil : state.leverages[trader] ?? .most
        }
    }

    package func setLeverage(_ leverage: Leverage, of trader: TraderID, by actor: Actor)
        async throws(StoreFailure)
    {
        try transact("setLeverage") { $0.leverages[trader] = leverage }
    }

    /// What is lent now, whatever the moment: nothing here remembers the past.
    package func lent(at moment: Timestamp, notChargedFor day: CalendarDay)
        async throws(StoreFailure) -> [LentMoney]
    {
        try transact("lent") { state in
            let charged = Set(state.interest.filter { $0.day == day }.map(\.lent.client))
            return state.clients.values
                .filter { $0.funds.borrowed > .zero && !charged.contains($0.client.id) }
                .sorted { $0.client.id < $1.client.id }
                .map { row in
                    LentMoney(
                        client: row.client.id,
                        trader: row.client.trader,
                        broker: state.account(of: row.client.id)?.broker ?? .paper,
                        amount: row.funds.borrowed
                    )
                }
        }
    }

    package func charge(_ interest: [InterestCharge]) async throws(StoreFailure) -> Int {
        let now = clock.now()
        return try transact("charge") { state in
            var booked = 0
            for charge in interest
            where !state.interest.contains(where: {
                $0.day == charge.day && $0.lent.client == charge.lent.client
            }) {
                let client = charge.lent.client
                guard let transfers = state.clients[client]?.funds.payInterest(charge.amount)
                else { continue }
                state.write(transfers, of: client, at: now)
                state.interest.append(charge)
                booked += 1
            }
            return booked
        }
    }

    package func stands(orOpen kinds: [AlertKind]) async throws(StoreFailure) -> [MarginStand] {
        try transact("stands") { state in
            let alarmed = Set(
                state.alerts.filter { $0.closedAt == nil && kinds.contains($0.alert.kind) }
                    .map(\.alert.client)
            )
            return state.clients.values
                .filter { $0.funds.borrowed > .zero || alarmed.contains($0.client.id) }
                .sorted { $0.client.id < $1.client.id }
                .map { row in
                    MarginStand(
                        client: row.client.id,
                        trader: row.client.trader,
                        funds: row.funds,
                        shares: row.holdings.filter { $0.value.quantity > .zero }
                    )
                }
        }
    }
}

extension MemoryStore {
    /// Gives a client shares, the rest of whose cost is lent, as if they had been bought for so
    /// much.
    package func addLentHolding(
        _ shares: Quantity,
        of instrument: InstrumentID,
        to client: ClientID,
        cost: Money,
        at leverage: Leverage = .most
    ) {
        look { state in
            guard var row = state.clients[client] else { return }
            let key = ShareKey(instrument, boughtAs: .marginFunding)
            var holding = row.holdings[key] ?? Holding()
            _ = Booking.buy(
                shares,
                for: cost,
                fromHeld: .zero,
                at: leverage,
                &row.funds,
                &holding
            )
            row.holdings[key] = holding
            state.clients[client] = row
        }
    }
}
