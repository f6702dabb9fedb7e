/// What decides whether one client takes part in a bulk trade, before any size is known.
///
/// The same rules as the plan's one statement in PostgreSQL, in the same order; tests hold the
/// statement against this.
package struct Eligibility: Sendable {
    package let halts: Halts
    package let marketIsOpen: Bool
    /// The brokers that this installation can send to, paper among them.
    package let brokers: Set<BrokerName>
    package let now: Timestamp
    /// What is traded.
    package let instrument: InstrumentID

    package init(
        halts: Halts,
        marketIsOpen: Bool,
        brokers: Set<BrokerName>,
        now: Timestamp,
        instrument: InstrumentID
    ) {
        self.instrument = instrument
        self.halts = halts
        self.marketIsOpen = marketIsOpen
        self.brokers = brokers
        self.now = now
    }

    /// Why the client takes no part; nil where it does.
    ///
    /// `account` is the one that the client's orders go to, be its session good or not, else the
    /// last one that was disconnected; only where the client never had one the paper broker executes.
    /// `isListed`: whether the account's broker lists the instrument; paper needs no listing.
    package func obstacle(for client: Client, account: BrokerAccount?, isListed: Bool) -> Reason? {
        switch client.status {
        case .active: break
        case .inactive: return .clientInactive
        case .pending: return .clientPending
        case .archived: return .clientArchived
        }
        let broker = account?.broker ?? .paper
        let order = HaltSubject(
            trader: client.trader,
            client: client.id,
            broker: broker,
            instrument: instrument
        )
        if let halted = halts.reason(for: order) { return halted }
        guard marketIsOpen else { return .marketClosed }
        guard brokers.contains(broker) else { return .brokerNotSupported }
        guard let account else { return nil }
        guard account.status != .disconnected else { return .noSession }
        guard account.isUsable(at: now) else { return .sessionExpired }
        return isListed ? nil : .noInstrumentAtBroker
    }
}
