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
        if active.contains(.everything) { return .haltedAll }
        if active.contains(.broker(broker)) { return .haltedBroker }
        if active.contains(.trader(trader)) { return .haltedTrader }
        return active.contains(.client(client)) ? .haltedClient : nil
    }
}
