package import Desk
package import Trading

extension MemoryStore: BrokerActionLog {
    package func note(_ action: BrokerAction, by actor: Actor) async throws(StoreFailure) {
        try transact("note") { $0.actions.append((action, actor)) }
    }

    package func listing(_ symbol: String, at exchange: ExchangeName, of broker: BrokerName)
        async throws(StoreFailure) -> BrokerInstrument?
    {
        try transact("listing") { state in
            let found = state.instruments.values.first {
                $0.instrument.exchange == exchange
                    && $0.instrument.symbol.lowercased() == symbol.lowercased()
            }
            return found?.listings[broker]
        }
    }

    /// What was noted of actions at brokers, in order.
    package var brokerActions: [(action: BrokerAction, actor: Actor)] { look { $0.actions } }
}
