package import Desk
package import Trading

extension MemoryStore: OrderReader {
    package func orders(_ query: ClientOrdersQuery) async throws(StoreFailure) -> [ListedOrder] {
        try transact("orders") { state in
            let found = state.intents.values.filter { row in
                row.client == query.client
                    && (query.states.isEmpty || query.states.contains(row.state))
                    && query.after.map { row.task < $0.task } != false
            }
            return found.sorted { $0.task > $1.task }.compactMap { state.listed($0) }
                .filter { order in
                    query.from.map { $0 <= order.acceptedAt } != false
                        && query.to.map { order.acceptedAt < $0 } != false
                }
                .prefix(query.limit).map(\.self)
        }
    }

    package func order(_ id: IntentID) async throws(StoreFailure) -> ListedOrder? {
        try transact("order") { state in state.intents[id].flatMap { state.listed($0) } }
    }

    package func sums(of trade: TaskID, after: ClientID?, limit: Int) async throws(StoreFailure)
        -> [ClientSum]
    {
        try transact("sums") { state in
            let rows = state.intents.values.filter { row in
                row.task == trade && after.map { row.client > $0 } != false
            }
            let byClient = Dictionary(grouping: rows, by: \.client)
            return byClient.keys.sorted().prefix(limit).compactMap { id in
                guard let client = state.clients[id]?.client, let orders = byClient[id] else {
                    return nil
                }
                return ClientSum(
                    client: id,
                    code: client.code,
                    name: client.name,
                    orders: orders.count,
                    quantity: orders.reduce(.zero) { $0 + $1.quantity },
                    filled: orders.reduce(.zero) { $0 + $1.filled },
                    filledValue: orders.reduce(.zero) { $0 + $1.filledValue },
                    held: orders.reduce(.zero) { $0 + $1.held },
                    states: Set(orders.map(\.state))
                )
            }
        }
    }

    /// What this store remembers of times: less than the real one.
    package func events(of order: IntentID) async throws(StoreFailure) -> [OrderEventRecord] {
        try transact("events") { state in
            guard let row = state.intents[order], let trade = state.trades[row.task] else {
                return []
            }
            var events = [OrderEventRecord(at: trade.acceptedAt, kind: .accepted, detail: nil)]
            if let sent = row.sentAt {
                events.append(OrderEventRecord(at: sent, kind: .sent, detail: row.reference))
            }
            if row.state.isFinal {
                events.append(
                    OrderEventRecord(at: row.updatedAt, kind: .ended, detail: row.state.rawValue)
                )
            }
            return events
        }
    }
}

extension MemoryState {
    fileprivate func listed(_ row: MemoryIntent) -> ListedOrder? {
        guard let client = clients[row.client]?.client, let trade = trades[row.task],
            let terms = terms(of: row)
        else { return nil }
        return ListedOrder(
            result: ClientResult(
                intent: row.intent,
                clientCode: client.code,
                clientName: client.name,
                clientEmail: client.email,
                updatedAt: row.updatedAt,
                doubt: row.doubtRecord
            ),
            trader: trade.submission.trader,
            terms: terms,
            acceptedAt: trade.acceptedAt
        )
    }
}
