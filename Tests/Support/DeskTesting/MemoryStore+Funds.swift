package import Desk
import Trading

/// A payment's row.
struct MemoryCashMove {
    let move: CashMove
    let user: UserID
    let key: String
    let hash: [UInt8]
}

/// A line of the journal; here only payments write it.
struct MemoryLedgerLine {
    let client: ClientID
    let line: LedgerLine
}

extension MemoryStore: FundsStore {
    package func move(_ order: CashOrder) async throws(StoreFailure) -> CashMoved {
        let now = clock.now()
        return try transact("moveCash") { state in
            guard var client = state.clients[order.client] else { return .notFound }
            if let known = state.cashMoves.first(where: {
                $0.user == order.user && $0.key == order.idempotencyKey
            }) {
                return known.hash == order.bodyHash
                    ? .repeated(known.move, client.funds) : .conflict(known.move.id)
            }
            let deposited = client.funds.deposited
            let transfers: [Transfer]
            switch order.kind {
            case .deposit:
                guard deposited + order.amount <= Money.limit else { return .tooMuch }
                transfers = client.funds.deposit(order.amount)
            case .withdrawal:
                guard let paid = client.funds.payOut(order.amount) else {
                    return .notEnough(free: client.funds.available)
                }
                transfers = paid
            }
            client.client = client.client.with(
                capital: max(client.client.capital + (client.funds.deposited - deposited), .zero)
            )
            client.updatedAt = now
            state.clients[order.client] = client
            state.write(transfers, of: order.client, at: now)
            let move = CashMove(
                id: state.nextID(),
                kind: order.kind,
                client: order.client,
                amount: order.amount,
                note: order.note,
                at: now
            )
            state.cashMoves.append(
                MemoryCashMove(
                    move: move,
                    user: order.user,
                    key: order.idempotencyKey,
                    hash: order.bodyHash
                )
            )
            return .done(move, client.funds)
        }
    }

    package func statement(_ query: StatementQuery) async throws(StoreFailure)
        -> LedgerStatement?
    {
        try transact("statement") { state in
            guard let client = state.clients[query.client] else { return nil }
            let lines = state.journal.filter { row in
                row.client == query.client && row.line.at >= query.from && row.line.at < query.to
                    && query.before.map { row.line.id < $0 } != false
            }
            return LedgerStatement(
                funds: client.funds,
                lines: Array(lines.map(\.line).sorted { $0.id > $1.id }.prefix(query.limit))
            )
        }
    }
}

extension MemoryState {
    /// Writes transfers that belong to no order; `funds` are as they leave them.
    mutating func write(_ transfers: [Transfer], of client: ClientID, at now: Timestamp) {
        var left = clients[client]?.funds.available ?? .zero
        var lines: [LedgerLine] = []
        for transfer in transfers.reversed() {
            lines.append(
                LedgerLine(id: 0, at: now, transfer: transfer, intent: nil, available: left)
            )
            if transfer.debit == .available { left -= transfer.amount }
            if transfer.credit == .available { left += transfer.amount }
        }
        for line in lines.reversed() {
            let numbered = LedgerLine(
                id: nextID(),
                at: line.at,
                transfer: line.transfer,
                intent: nil,
                available: line.available
            )
            journal.append(MemoryLedgerLine(client: client, line: numbered))
        }
    }
}

extension Client {
    /// The same client with another capital.
    fileprivate func with(capital: Money) -> Client {
        Client(
            id: id,
            trader: trader,
            code: code,
            name: name,
            email: email,
            status: status,
            capital: capital,
            part: part
        )
    }
}
