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
    /// Whether every account must have an address or proxy of its own.
    package let requiresEgress: Bool

    package init(
        halts: Halts,
        marketIsOpen: Bool,
        brokers: Set<BrokerName>,
        now: Timestamp,
        instrument: InstrumentID,
        requiresEgress: Bool = false
    ) {
        self.instrument = instrument
        self.halts = halts
        self.marketIsOpen = marketIsOpen
        self.brokers = brokers
        self.now = now
        self.requiresEgress = requiresEgress
    }

    /// Why the client takes no part; nil where it does.
    ///
    /// `account` is the one that the client's orders go to, be its session good or not, else the
    /// last one that was disconnected; only where the client never had one the paper broker
    /// executes. `isListed`: whether the account's broker lists the instrument; paper needs no
    /// listing.
    package func obstacle(for client: Client, account: BrokerAccount?, isListed: Bool) -> Reason? {
        let standing = account.map { account in
            AccountStanding(
                status: account.status,
                sessionIsOver: account.status == .connected && !account.isUsable(at: now),
                lacksEgress: requiresEgress && account.egress == nil,
                egressIsWrong: account.egressStanding == .notRegistered,
                isListed: isListed
            )
        }
        return obstacles(
            to: client.trader,
            client: client.id,
            status: client.status,
            broker: account?.broker ?? .paper,
            account: standing
        ).first
    }

    /// Everything that keeps the client from taking part, the weightiest first.
    ///
    /// `account`: how the one stands that the orders go to; nil where the paper broker executes.
    package func obstacles(
        to trader: TraderID,
        client: ClientID,
        status: Client.Status,
        broker: BrokerName,
        account: AccountStanding?
    ) -> [Reason] {
        var found: [Reason] = []
        if let reason = status.obstacle { found.append(reason) }
        let order = HaltSubject(
            trader: trader,
            client: client,
            broker: broker,
            instrument: instrument
        )
        found += halts.reasons(for: order)
        if !marketIsOpen { found.append(.marketClosed) }
        if !brokers.contains(broker) { found.append(.brokerNotSupported) }
        return found + (account?.obstacles ?? [])
    }
}

/// How the account stands that a client's orders go to.
package struct AccountStanding: Sendable, Equatable {
    /// Nil where its row is gone.
    package let status: BrokerAccount.Status?
    package let sessionIsOver: Bool
    package let hasToken: Bool
    /// Whether it must have an address or proxy of its own, and has none.
    package let lacksEgress: Bool
    /// Whether its broker says that another address is registered.
    package let egressIsWrong: Bool
    /// Whether its broker lists the instrument.
    package let isListed: Bool

    package init(
        status: BrokerAccount.Status?,
        sessionIsOver: Bool,
        hasToken: Bool = true,
        lacksEgress: Bool = false,
        egressIsWrong: Bool = false,
        isListed: Bool
    ) {
        self.status = status
        self.sessionIsOver = sessionIsOver
        self.hasToken = hasToken
        self.lacksEgress = lacksEgress
        self.egressIsWrong = egressIsWrong
        self.isListed = isListed
    }

    /// Why nothing can be sent to it, the weightiest first.
    package var obstacles: [Reason] {
        var found: [Reason] = []
        switch status {
        case .disconnected, nil: found.append(.noSession)
        case .expired: found.append(.sessionExpired)
        case .connected:
            if sessionIsOver {
                found.append(.sessionExpired)
            } else if !hasToken {
                found.append(.noSession)
            }
        }
        if lacksEgress { found.append(.egressMissing) }
        if egressIsWrong { found.append(.egressNotRegistered) }
        if !isListed { found.append(.noInstrumentAtBroker) }
        return found
    }
}

extension Client.Status {
    /// Why a client who stands so takes no part; nil where it does.
    package var obstacle: Reason? {
        switch self {
        case .active: nil
        case .inactive: .clientInactive
        case .pending: .clientPending
        case .archived: .clientArchived
        }
    }
}
