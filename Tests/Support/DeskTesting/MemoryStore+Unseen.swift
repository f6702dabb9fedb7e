package import Desk
package import Trading

extension MemoryStore: UnseenStore {
    package func unseenOrders(at brokers: [BrokerName], since settled: Timestamp?)
        async throws(StoreFailure) -> [UnseenOrders]
    {
        try transact("unseenOrders") { state in
            let live = state.intents.values.filter { row in
                guard row.state.isLive, brokers.contains(row.broker) else { return false }
                guard row.reason != .fillsUntold else { return true }
                guard let settled, let sent = row.sentAt, sent < settled else { return false }
                return row.seenAt.map { $0 < settled } ?? true
            }
            let warned = state.alerts.filter { row in
                row.closedAt == nil && row.alert.kind == .ordersUnseen
            }
            let clients = Set(live.map(\.client) + warned.map(\.alert.client))
            return clients.sorted().compactMap { id in
                guard let client = state.clients[id]?.client else { return nil }
                let rows = live.filter { $0.client == id }
                let untold = rows.count { $0.reason == .fillsUntold }
                return UnseenOrders(
                    trader: client.trader,
                    client: id,
                    untold: untold,
                    unseen: rows.count - untold,
                    brokers: Set(rows.map(\.broker.rawValue)).sorted().joined(separator: ", ")
                )
            }
        }
    }
}
