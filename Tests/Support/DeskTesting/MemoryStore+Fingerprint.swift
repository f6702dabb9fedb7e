import Desk
package import Trading

extension MemoryStore {
    /// All rows of a trader's as text, the whole store's where nil: what nobody else may change.
    package func fingerprint(of trader: TraderID?) -> [String] {
        look { state in
            let isMeant = { (owner: TraderID?) in trader == nil || owner == trader }
            let clients = state.clients.filter { isMeant($0.value.client.trader) }
            let users = state.users.filter { isMeant($0.value.identity.trader) }
            let trades = state.trades.filter { isMeant($0.value.trade.trader) }
            let intents = state.intents.filter { trades[$0.value.task] != nil }
            var rows = state.traders.filter { isMeant($0.key) }.map { "trader \($0)" }
            rows += clients.map { "client \($0)" } + users.map { "user \($0)" }
            rows += trades.map { "trade \($0)" } + intents.map { "intent \($0)" }
            rows += state.accounts.values.filter { clients[$0.account.client] != nil }.map {
                "account \($0.account) \($0.token.reveal()) \(String(describing: $0.check))"
            }
            rows += state.links.filter { link in
                state.accounts[link.account].map { clients[$0.account.client] != nil } ?? false
            }.map { "link \($0)" }
            rows += state.apiKeys.filter { users[$0.value.user] != nil }.map { "key \($0)" }
            rows += state.cancellations.filter { isMeant($0.value.head.trader) }.map {
                "cancellation \($0)"
            }
            rows += state.drifts.filter { clients[$0.account.client] != nil }.map { "drift \($0)" }
            // Switches for everything concern this trader too.
            rows += state.halts.filter { halt in
                switch halt.key {
                case .everything, .broker, .symbol: true
                case .trader(let id): isMeant(id)
                case .client(let id): clients[id] != nil
                }
            }.map { "halt \($0)" }
            rows += state.approvals.filter { trades[$0.key] != nil }.map { "approval \($0)" }
            rows += state.approvalLimits.filter { isMeant($0.key) }.map { "limit \($0)" }
            rows += state.tradingClients.filter { clients[$0] != nil }.map { "may trade \($0)" }
            return rows.sorted()
        }
    }
}
