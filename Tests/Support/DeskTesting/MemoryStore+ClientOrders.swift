package import Desk
package import Trading

extension MemoryStore: ClientOrderStore {
    package func orders(of client: ClientID, _ page: ClientOrderPage) async throws(StoreFailure)
        -> [ClientOrder]
    {
        try transact("clientOrders") { state in
            guard let owner = state.clients[client]?.client else { return [] }
            let rows = state.intents.values.filter { row in
                row.client == client && page.only.map { $0 == row.id } != false
                    && page.after.map { (row.task, row.id) < ($0.task, $0.intent) } != false
            }
            return rows.sorted { ($0.task, $0.id) > ($1.task, $1.id) }.prefix(page.limit)
                .compactMap { row in
                    guard let trade = state.trades[row.task]?.trade else { return nil }
                    let result = ClientResult(
                        intent: row.intent,
                        clientCode: owner.code,
                        clientName: owner.name,
                        clientEmail: owner.email,
                        updatedAt: row.updatedAt,
                        doubt: row.doubtRecord
                    )
                    return ClientOrder(trade: trade, result: result)
                }
        }
    }
}
