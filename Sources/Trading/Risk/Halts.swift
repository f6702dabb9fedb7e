/// The halt switches that are on: no new order leaves for what they cover.
package struct Halts: Sendable, Equatable {
    /// What a switch covers.
    package enum Scope: Sendable, Hashable {
        case everything
        case broker(BrokerName)
        case symbol(InstrumentID)
        case trader(TraderID)
        case client(ClientID)
    }

    private let active: Set<Scope>

    package init(_ active: some Sequence<Scope>) { self.active = Set(active) }

    /// The reason why an order may not leave now; nil where no switch covers it.
    package func reason(for order: HaltSubject) -> Reason? {
        guard !active.isEmpty else { return nil }
        return reasons(for: order).first
    }

    /// Every switch that covers an order, the widest first.
    package func reasons(for order: HaltSubject) -> [Reason] {
        guard !active.isEmpty else { return [] }
        let scopes: [(Scope, Reason)] = [
            (.everything, .haltedAll), (.broker(order.broker), .haltedBroker),
            (.symbol(order.instrument), .haltedSymbol), (.trader(order.trader), .haltedTrader),
            (.client(order.client), .haltedClient),
        ]
        return scopes.filter { active.contains($0.0) }.map(\.1)
    }
}

/// What a halt switch may know an order by.
package struct HaltSubject: Sendable, Equatable {
    package let trader: TraderID
    package let client: ClientID
    package let broker: BrokerName
    package let instrument: InstrumentID

    package init(
        trader: TraderID,
        client: ClientID,
        broker: BrokerName,
        instrument: InstrumentID
    ) {
        self.trader = trader
        self.client = client
        self.broker = broker
        self.instrument = instrument
    }
}
