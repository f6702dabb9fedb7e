package import Trading

/// What is known of the broker accounts' sessions, and what brokers say of them.
package protocol SessionStore: Sendable {
    /// Connected accounts of active clients at these brokers that are to be asked about, by id: never
    /// asked, not asked since `morning`, not asked since their session should be over, or not
    /// answered when they were asked, more than five minutes ago.
    func sessionsToCheck(at brokers: [BrokerName], since morning: Timestamp, limit: Int)
        async throws(StoreFailure) -> [SessionToCheck]

    /// Writes down what brokers said; an account that has another token by now is left alone.
    func noteChecks(_ checks: [CheckedSession]) async throws(StoreFailure)

    /// Connected accounts of active clients whose tokens may be renewed, by id; without those whose
    /// broker gave none less than five minutes ago, unless one account is asked for.
    func sessionsToRenew(_ query: RenewalQuery) async throws(StoreFailure) -> [SessionToCheck]

    /// Stores a renewed token in the place of the one that it was made from, with a line in the audit
    /// log; its session is to be asked about anew.
    ///
    /// - Returns: false where the account has another token by now: nothing was stored.
    func keepRenewed(_ session: RenewedSession, by actor: Actor) async throws(StoreFailure) -> Bool

    /// Writes down why a broker gave no new token, and has the session asked about soon; an account
    /// that has another token by now is left alone.
    func noteRenewalFailure(_ failure: FailedRenewal) async throws(StoreFailure)

    /// Which accounts of active clients are ready, and which are not.
    func readiness(_ query: ReadinessQuery) async throws(StoreFailure) -> Readiness
}

/// A session that its broker is to be asked about.
package struct SessionToCheck: Sendable {
    package let broker: BrokerName
    package let session: BrokerSession
    package let ends: Timestamp?
    /// What tells this token from one that replaces it; not the token.
    package let stamp: [UInt8]

    package init(broker: BrokerName, session: BrokerSession, ends: Timestamp?, stamp: [UInt8]) {
        self.broker = broker
        self.session = session
        self.ends = ends
        self.stamp = stamp
    }
}

/// Which sessions are to be renewed.
package struct RenewalQuery: Sendable {
    package let brokers: [BrokerName]
    /// Nil: of all accounts.
    package let account: AccountID?
    /// Those that end before this moment, and are not over; nil: whenever they end.
    package let endBefore: Timestamp?
    package let limit: Int

    package init(brokers: [BrokerName], account: AccountID?, endBefore: Timestamp?, limit: Int) {
        self.brokers = brokers
        self.account = account
        self.endBefore = endBefore
        self.limit = limit
    }
}

/// A token that a broker has just made from another.
package struct RenewedSession: Sendable {
    /// The session whose token it was made from.
    package let old: BrokerSession
    package let token: Secret
    /// When it ends; nil where nobody knows.
    package let ends: Timestamp?

    package init(from old: BrokerSession, token: Secret, ends: Timestamp?) {
        self.old = old
        self.token = token
        self.ends = ends
    }
}

/// A token for which a broker gave no other.
package struct FailedRenewal: Sendable {
    package let account: AccountID
    package let stamp: [UInt8]
    /// What the broker said.
    package let words: String
    /// Whether this token is none that can be renewed.
    package let isFinal: Bool

    package init(account: AccountID, stamp: [UInt8], words: String, isFinal: Bool) {
        self.account = account
        self.stamp = stamp
        self.words = words
        self.isFinal = isFinal
    }
}

/// What a broker said of a session.
package struct CheckedSession: Sendable {
    package let account: AccountID
    package let stamp: [UInt8]
    package let result: SessionCheckResult
    /// What the broker said, where it was not good.
    package let words: String?
    /// When the session ends; nil: as was known.
    package let ends: Timestamp?
    /// What the broker's list says of the account's address; nil: as was known.
    package let addresses: Addresses?

    /// How the account's way out stands, with the broker's list in words.
    package struct Addresses: Sendable, Equatable {
        package let standing: EgressStanding
        package let words: String?

        package init(standing: EgressStanding, words: String?) {
            self.standing = standing
            self.words = words
        }
    }

    package init(
        account: AccountID,
        stamp: [UInt8],
        result: SessionCheckResult,
        words: String?,
        ends: Timestamp?,
        addresses: Addresses? = nil
    ) {
        self.account = account
        self.stamp = stamp
        self.result = result
        self.words = words
        self.ends = ends
        self.addresses = addresses
    }
}

/// Which accounts somebody wants to see.
package struct ReadinessQuery: Sendable {
    /// Nil: of all traders.
    package let trader: TraderID?
    package let broker: BrokerName?
    /// Nil: all that are not ready.
    package let state: SessionState?
    package let now: Timestamp
    /// When the market closes next; nil where it does not.
    package let close: Timestamp?
    package let after: AccountID?
    package let limit: Int
    /// Whether every account must have an address or proxy of its own.
    package let requiresEgress: Bool

    package init(
        trader: TraderID?,
        broker: BrokerName?,
        state: SessionState?,
        now: Timestamp,
        close: Timestamp?,
        after: AccountID?,
        limit: Int,
        requiresEgress: Bool = false
    ) {
        self.trader = trader
        self.broker = broker
        self.state = state
        self.now = now
        self.close = close
        self.after = after
        self.limit = limit
        self.requiresEgress = requiresEgress
    }
}

/// How ready the accounts are.
package struct Readiness: Sendable, Equatable {
    /// How many accounts of a broker are in one state.
    package struct Count: Sendable, Equatable {
        package let broker: BrokerName
        package let state: SessionState
        package let accounts: Int

        package init(broker: BrokerName, state: SessionState, accounts: Int) {
            self.broker = broker
            self.state = state
            self.accounts = accounts
        }
    }

    /// One account and its state.
    package struct Row: Sendable, Equatable {
        package let account: AccountID
        package let client: ClientID
        package let code: String
        package let name: String
        package let broker: BrokerName
        package let brokerClientID: String
        package let state: SessionState
        package let words: String?
        package let ends: Timestamp?
        package let checkedAt: Timestamp?

        package init(
            account: AccountID,
            client: ClientID,
            code: String,
            name: String,
            broker: BrokerName,
            brokerClientID: String,
            state: SessionState,
            words: String?,
            ends: Timestamp?,
            checkedAt: Timestamp?
        ) {
            self.account = account
            self.client = client
            self.code = code
            self.name = name
            self.broker = broker
            self.brokerClientID = brokerClientID
            self.state = state
            self.words = words
            self.ends = ends
            self.checkedAt = checkedAt
        }
    }

    /// Of all accounts that the trader and the broker of the query let through, by broker and state.
    package let counts: [Count]
    /// One page, by account.
    package let rows: [Row]

    package init(counts: [Count], rows: [Row]) {
        self.counts = counts
        self.rows = rows
    }
}
