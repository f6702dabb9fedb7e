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
    /// Whether every account must have an address or proxy of its own.
    package let requiresEgress: Bool

    package init(
        halts: Halts,
        marketIsOpen: Bool,
        brokers: Set<BrokerName>,
        now: Timestamp,
        requiresEgress: Bool = false
    ) {
        self.halts = halts
        self.marketIsOpen = marketIsOpen
        self.brokers = brokers
        self.now = now
        self.requiresEgress = requiresEgress
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
        if let halted = halts.reason(trader: client.trader, client: client.id, broker: broker) {
            return halted
        }
        guard marketIsOpen else { return .marketClosed }
        guard brokers.contains(broker) else { return .brokerNotSupported }
        guard let account else { return nil }
        guard account.status != .disconnected else { return .noSession }
        guard account.isUsable(at: now) else { return .sessionExpired }
        if requiresEgress, account.egress == nil { return .egressMissing }
        guard account.egressStanding != .notRegistered else { return .egressNotRegistered }
        return isListed ? nil : .noInstrumentAtBroker
    }
}
