package import Desk
import JSON
package import Postgres
import Trading

/// Clients' money in PostgreSQL, paid in and out and told line by line.
package struct PostgresFundsStore: FundsStore {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func move(_ order: CashOrder) async throws(StoreFailure) -> CashMoved {
        try await pool.transact { transaction in
            let client = PostgresValue.int(order.client.raw)
            let key: [PostgresValue] = [.int(order.user.raw), .text(order.idempotencyKey)]
            let rows = try await transaction.begin([
                (ClientStatements.lock, [client]), (ClientStatements.lockFunds, [client]),
                (CashStatements.withKey, key),
            ])
            guard let row = rows[0].first, let balances = rows[1].first else {
                try await transaction.commit([])
                return .notFound
            }
            var columns = Columns(balances)
            var funds = Funds(reading: &columns)
            if let made = rows[2].first {
                try await transaction.commit([])
                return try order.repeated(made, funds)
            }
            columns = Columns(row)
            let before = try Client(reading: &columns)
            guard let payment = Payment(order, of: before, in: &funds) else {
                try await transaction.commit([])
                return order.kind == .deposit ? .tooMuch : .notEnough(free: funds.available)
            }
            // Of two at once with one key but different clients, the second finds the key used.
            let stored = try await transaction.go([order.insert])
            guard let made = stored[0].first else {
                let other = try await transaction.commit([(CashStatements.withKey, key)])
                guard let row = other[0].first else {
                    throw StoreFailure.unavailable("the key was used at this moment")
                }
                return try order.repeated(row, funds)
            }
            try await transaction.commit(payment.writes)
            columns = Columns(made)
            return .done(try CashMove(reading: &columns), funds)
        }
    }

    package func statement(_ query: StatementQuery) async throws(StoreFailure)
        -> LedgerStatement?
    {
        let rows = try await pool.read([
            (CashStatements.funds, [.int(query.client.raw)]),
            (
                CashStatements.lines,
                [
                    .int(query.client.raw), .timestamp(query.from.microseconds),
                    .timestamp(query.to.microseconds), .int(query.before ?? .max),
                    .int(Int64(query.limit)),
                ]
            ),
        ])
        guard let row = rows[0].first else { return nil }
        var columns = Columns(row)
        let funds = Funds(reading: &columns)
        var lines: [LedgerLine] = []
        for row in rows[1] { lines.append(try LedgerLine(reading: row)) }
        return LedgerStatement(funds: funds, lines: lines)
    }
}

/// What a payment writes.
private struct Payment {
    let writes: [Call]

    /// Nil where the money is not there, or the books cannot carry it.
    init?(_ order: CashOrder, of client: Client, in funds: inout Funds) {
        let deposited = funds.deposited
        let transfers: [Transfer]
        switch order.kind {
        case .deposit:
            guard funds.deposited + order.amount <= Money.limit else { return nil }
            transfers = funds.deposit(order.amount)
        case .withdrawal:
            guard let paid = funds.payOut(order.amount) else { return nil }
            transfers = paid
        }
        // Profit that is paid out was never a part of the capital.
        let capital = max(client.capital + (funds.deposited - deposited), .zero)
        let balances: [PostgresValue] = Funds.columnOrder.map { .ints([funds[$0].paise]) }
        let after = funds
        let entry = AuditEntry(
            order.kind == .deposit ? .cashDeposited : .cashWithdrawn,
            trader: client.trader,
            client: client.id
        ) { detail in
            detail.field("amount", order.amount.rupees)
            detail.fieldOrNull("note", order.note)
            detail.field("idempotency_key", order.idempotencyKey)
            detail.field("available_after", after.available.rupees)
            detail.field("capital_after", capital.rupees)
        }
        writes = [
            (LedgerStatements.updateFunds, [.ints([client.id.raw])] + balances),
            NewClient.transferWrite(transfers.map { (client.id, $0) }),
            (CashStatements.setCapital, [.int(client.id.raw), .int(capital.paise)]),
            AuditEntry.write([entry], by: order.actor),
        ]
    }
}

extension CashOrder {
    fileprivate var insert: Call {
        (
            CashStatements.insert,
            [
                .int(client.raw), .text(kind.rawValue), .int(amount.paise), .optional(note),
                .int(user.raw), .text(idempotencyKey), .bytes(bodyHash),
            ]
        )
    }

    /// The answer where the key was used already.
    fileprivate func repeated(_ row: PostgresRow, _ funds: Funds) throws(StoreFailure)
        -> CashMoved
    {
        var columns = Columns(row)
        let hash = columns.bytes()
        let made = try CashMove(reading: &columns)
        return hash == bodyHash ? .repeated(made, funds) : .conflict(made.id)
    }
}

extension CashMove {
    fileprivate init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            id: columns.int(),
            kind: try columns.word(),
            client: columns.id(),
            amount: columns.money(),
            note: columns.optionalText(),
            at: columns.timestamp()
        )
    }
}

extension LedgerLine {
    fileprivate init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        let id = columns.int()
        let at = columns.timestamp()
        let kind: Transfer.Kind = try columns.word()
        let debit: Funds.Account = try columns.word()
        let credit: Funds.Account = try columns.word()
        let amount = columns.money()
        self.init(
            id: id,
            at: at,
            transfer: Transfer(kind, debit: debit, credit: credit, amount: amount),
            intent: columns.optionalID(),
            available: columns.money()
        )
    }
}
