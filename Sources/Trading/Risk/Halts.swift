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
        if active.contains(.everything) { return .haltedAll }
        if active.contains(.broker(order.broker)) { return .haltedBroker }
        if active.contains(.symbol(order.instrument)) { return .haltedSymbol }
        if active.contains(.trader(order.trader)) { return .haltedTrader }
        return active.contains(.client(order.client)) ? .haltedClient : nil
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
