package import Trading

/// A broker's stream of one account's order changes: hints and never facts.
package protocol OrderStream: Sendable {
    /// The broker whose stream it is.
    var broker: BrokerName { get }

    /// Listens to the account of this session until the task is cancelled.
    ///
    /// It connects again by itself, with pauses that grow; what changed unheard meanwhile is for
    /// the listener to look at, see `OrderStreamListener.connected`.
    func follow(_ session: BrokerSession, _ listener: OrderStreamListener) async
}

/// Who hears a stream.
package struct OrderStreamListener: Sendable {
    /// Gets what a message tells of.
    package let hinted: @Sendable ([BrokerHint]) -> Void
    /// Hears of every login that was sent; orders may have changed unheard before.
    package let connected: @Sendable () -> Void
    /// Hears why a connection ended or did not come about, and how long the pause is.
    package let lost: @Sendable (String, Duration) -> Void

    package init(
        hinted: @escaping @Sendable ([BrokerHint]) -> Void,
        connected: @escaping @Sendable () -> Void,
        lost: @escaping @Sendable (String, Duration) -> Void
    ) {
        self.hinted = hinted
        self.connected = connected
        self.lost = lost
    }
}

/// An account with orders at its broker that may still change, or conditional ones that wait.
package struct LiveAccount: Sendable {
    package let account: AccountID
    package let broker: BrokerName
    package let session: BrokerSession

    package init(account: AccountID, broker: BrokerName, session: BrokerSession) {
        self.account = account
        self.broker = broker
        self.session = session
    }
}

/// What whoever follows streams must know of the orders.
package protocol LiveAccountStore: Sendable {
    /// Accounts at these brokers with a good session and a live order that did not change for
    /// `rest`, then those whose conditional orders wait; each by id, so many at most.
    func liveAccounts(at brokers: [BrokerName], resting rest: Duration, limit: Int)
        async throws(StoreFailure) -> [LiveAccount]

    /// All live orders of these accounts.
    func liveJobs(of accounts: [AccountID]) async throws(StoreFailure) -> [OrderJob]
}
