package import Desk
import JSON
package import Postgres
package import Trading

/// Lent money (MTF) in PostgreSQL, and the interest on it.
package struct PostgresMarginStore: MarginStore {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func leverage(of trader: TraderID) async throws(StoreFailure) -> Leverage? {
        try await pool.ask(MarginStatements.leverage, [.int(trader.raw)]).first
            .map { Leverage(Int32($0.int(0))) }
    }

    package func setLeverage(_ leverage: Leverage, of trader: TraderID, by actor: Actor)
        async throws(StoreFailure)
    {
        try await pool.transact { transaction in
            let entry = AuditEntry(.leverageSet, trader: trader) { detail in
                detail.field("mtf_leverage", leverage.times)
            }
            try await transaction.commit([
                (Transaction.beginning, []),
                (MarginStatements.setLeverage, [.int(trader.raw), .int(Int64(leverage.raw))]),
                AuditEntry.write([entry], by: actor),
            ])
        }
    }

    package func lent(at moment: Timestamp, notChargedFor day: CalendarDay)
        async throws(StoreFailure) -> [LentMoney]
    {
        let rows = try await pool.ask(
            MarginStatements.lent,
            [.timestamp(moment.microseconds), .text(day.description)]
        )
        var lent: [LentMoney] = []
        for row in rows {
            var columns = Columns(row)
            lent.append(
                LentMoney(
                    client: columns.id(),
                    trader: columns.id(),
                    broker: try columns.word(),
                    amount: columns.money()
                )
            )
        }
        return lent
    }

    package func charge(_ interest: [InterestCharge]) async throws(StoreFailure) -> Int {
        guard !interest.isEmpty else { return 0 }
        return try await pool.transact { transaction in
            let clients = Set(interest.map(\.lent.client)).sorted()
            let rows = try await transaction.begin([
                (MarginStatements.lockFunds, [.ints(clients.map(\.raw))]),
                (
                    MarginStatements.insertInterest,
                    [
                        .texts(interest.map(\.day.description)),
                        .ints(interest.map(\.lent.client.raw)),
                        .texts(interest.map(\.lent.broker.rawValue)),
                        .ints(interest.map(\.lent.amount.paise)), .ints(interest.map(\.rate.raw)),
                        .ints(interest.map(\.amount.paise)),
                    ]
                ),
            ])
            let new = Set(rows[1].map { Name(day: $0.text(0), client: ID($0.int(1))) })
            let booking = InterestBooking(
                interest.filter {
                    new.contains(Name(day: $0.day.description, client: $0.lent.client))
                },
                funds: rows[0]
            )
            try await transaction.commit(booking.writes)
            return new.count
        }
    }

    package func stands(orOpen kinds: [AlertKind]) async throws(StoreFailure) -> [MarginStand] {
        let rows = try await pool.ask(
            MarginStatements.stands,
            [.texts(kinds.map(\.rawValue))]
        )
        guard !rows.isEmpty else { return [] }
        let held = try await pool.ask(
            MarginStatements.shares,
            [.ints(rows.map { $0.int(0) })]
        )
        var shares: [ClientID: [ShareKey: Holding]] = [:]
        for row in held {
            var columns = Columns(row)
            let client: ClientID = columns.id()
            let key = try ShareKey(reading: &columns)
            shares[client, default: [:]][key] = Holding(
                quantity: columns.quantity(),
                reserved: columns.quantity(),
                cost: columns.money(),
                borrowed: columns.money()
            )
        }
        return rows.map { row in
            var columns = Columns(row)
            let client: ClientID = columns.id()
            return MarginStand(
                client: client,
                trader: columns.id(),
                funds: Funds(reading: &columns),
                shares: shares[client] ?? [:]
            )
        }
    }
}

/// What names a day's interest.
private struct Name: Hashable {
    let day: String
    let client: ClientID
}

/// What charges write: balances once a client, a transfer or two and an audit line each.
private struct InterestBooking {
    private var funds: [ClientID: Funds] = [:]
    private var transfers: [(client: ClientID, transfer: Transfer)] = []
    private var entries: [AuditEntry] = []

    init(_ charges: [InterestCharge], funds rows: PostgresRows) {
        for row in rows {
            var columns = Columns(row)
            let client: ClientID = columns.id()
            funds[client] = Funds(reading: &columns)
        }
        for charge in charges where charge.amount > .zero {
            let client = charge.lent.client
            guard var balances = funds[client] else { continue }
            transfers += balances.payInterest(charge.amount)
                .map { (client: client, transfer: $0) }
            funds[client] = balances
            entries.append(
                AuditEntry(.interestCharged, trader: charge.lent.trader, client: client) {
                    $0.field("day", charge.day.description)
                    $0.field("broker", charge.lent.broker.rawValue)
                    $0.field("borrowed", charge.lent.amount.rupees)
                    $0.field("daily_rate_billionths", charge.rate.raw)
                    $0.field("amount", charge.amount.rupees)
                }
            )
        }
    }

    var writes: [Call] {
        guard !transfers.isEmpty else { return [] }
        let clients = Set(transfers.map(\.client)).sorted()
        let balances = clients.map { funds[$0] ?? Funds() }
        let columns: [PostgresValue] = Funds.columnOrder.map { account in
            .ints(balances.map { $0[account].paise })
        }
        return [
            (LedgerStatements.updateFunds, [.ints(clients.map(\.raw))] + columns),
            NewClient.transferWrite(transfers),
            AuditEntry.write(entries, by: .system),
        ]
    }
}
