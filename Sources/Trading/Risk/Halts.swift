/// The halt switches that are on: no new order leaves for what they cover.
package struct Halts: Sendable, Equatable {
    /// What a switch covers.
    package enum Scope: Sendable, Hashable {
        case everything
        case broker(BrokerName)
        case trader(TraderID)
        case client(ClientID)
    }

    private let active: Set<Scope>

    package init(_ active: some Sequence<Scope>) { self.active = Set(active) }

    /// The reason why an order may not leave now; nil where no switch covers it.
    package func reason(trader: TraderID, client: ClientID, broker: BrokerName) -> Reason? {
        guard !active.isEmpty else { return nil }
        return reasons(trader: trader, client: client, broker: broker).first
    }

    /// Every switch that covers an order, the widest first.
    package func reasons(trader: TraderID, client: ClientID, broker: BrokerName) -> [Reason] {
        guard !active.isEmpty else { return [] }
        let scopes: [(Scope, Reason)] = [
            (.everything, .haltedAll), (.broker(broker), .haltedBroker),
            (.trader(trader), .haltedTrader), (.client(client), .haltedClient),
        ]
        return scopes.filter { active.contains($0.0) }.map(\.1)
    }
}
