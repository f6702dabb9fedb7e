import Synchronization
package import Trading

/// Planned bulk trades by id, remembered: what an order needs of its trade never changes.
package final class TradeCatalog: Sendable {
    private let store: any TradeStore
    private let limit: Int
    private let known = Mutex<[TaskID: BulkTrade]>([:])

    package init(store: any TradeStore, limit: Int = 1_000) {
        self.store = store
        self.limit = limit
    }

    /// The bulk trade; nil where there is none.
    package func trade(_ id: TaskID) async throws -> BulkTrade? {
        if let trade = known.withLock({ $0[id] }) { return trade }
        guard let trade = try await store.trade(id) else { return nil }
        // Before the plan the reference price is not set yet.
        guard trade.state != .accepted else { return trade }
        known.withLock { known in
            if known.count >= limit, let oldest = known.keys.min() { known[oldest] = nil }
            known[id] = trade
        }
        return trade
    }
}
