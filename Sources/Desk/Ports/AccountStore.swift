package import Trading

/// Where clients, their broker accounts and the halt switches are kept.
///
/// Every change is written to the audit log in the same transaction, with the actor.
package protocol AccountStore: Sendable {
    /// Stores a new client with its capital paid in; nil where the trader has this code already.
    func createClient(_ draft: ClientDraft, by actor: Actor) async throws(StoreFailure) -> Client?

    /// Changes what is not nil; a changed capital is paid in or out.
    func updateClient(_ id: ClientID, _ change: ClientChange, by actor: Actor)
        async throws(StoreFailure) -> ClientUpdate

    /// The client with its money and broker accounts; nil where there is none.
    func client(_ id: ClientID) async throws(StoreFailure) -> ClientDetails?

    /// One page of clients in the order of their ids.
    func clients(_ query: ClientQuery) async throws(StoreFailure) -> [ClientDetails]

    /// Stores many clients in one transaction, each with an optional broker account; a row whose
    /// code exists is reported, the others are stored.
    ///
    /// - Returns: for each draft the new id, or nil where the code (or broker account) was taken.
    func importClients(_ drafts: [ClientImport], by actor: Actor) async throws(StoreFailure)
        -> [ClientID?]

    /// Connects a broker account, or replaces its token; the token is encrypted before it is stored.
    ///
    /// - Returns: nil where another client has this account.
    func connect(_ draft: AccountDraft, by actor: Actor) async throws(StoreFailure)
        -> BrokerAccount?

    /// Forgets an account's token.
    ///
    /// - Returns: false where the client has no such account.
    func disconnect(_ account: AccountID, of client: ClientID, by actor: Actor)
        async throws(StoreFailure) -> Bool

    /// Forgets the token of an account whose client is logged out; it stays the account that the client's
    /// orders go to, once the client has logged in anew. Open links and requests are made useless.
    ///
    /// `token`: only where it is this one still; nil: whichever it is.
    func forgetToken(_ token: Secret?, of account: AccountID, by actor: Actor)
        async throws(StoreFailure)

    /// Marks sessions as ended, since their broker said so of these tokens; an account that has
    /// been given another token meanwhile is left alone.
    func markExpired(_ sessions: [BrokerSession]) async throws(StoreFailure)

    /// A usable session of the account; nil where there is none.
    func session(_ account: AccountID) async throws(StoreFailure) -> BrokerSession?

    /// Turns a halt switch on or off, with a reason.
    func setHalt(_ scope: Halts.Scope, on: Bool, why: String, by actor: Actor)
        async throws(StoreFailure)

    /// The switches that are on.
    func halts() async throws(StoreFailure) -> [ActiveHalt]
}

/// Who did something, for the audit log.
package struct Actor: Sendable, Equatable {
    /// Nil where the system acts by itself.
    package let user: UserID?
    package let address: String?

    package init(user: UserID?, address: String? = nil) {
        self.user = user
        self.address = address
    }
}

/// A client to be stored.
package struct ClientDraft: Sendable, Equatable {
    package let trader: TraderID
    package let code: String
    package let name: String
    package let email: String?
    package let status: Client.Status
    package let capital: Money
    package let part: BasisPoints?
    package let groups: [String]

    package init(
        trader: TraderID,
        code: String,
        name: String,
        email: String?,
        status: Client.Status,
        capital: Money,
        part: BasisPoints?,
        groups: [String]
    ) {
        self.trader = trader
        self.code = code
        self.name = name
        self.email = email
        self.status = status
        self.capital = capital
        self.part = part
        self.groups = groups
    }
}

/// What is to be changed of a client; nil: stays.
package struct ClientChange: Sendable, Equatable {
    package var name: String?
    package var email: String?
    package var status: Client.Status?
    package var capital: Money?
    package var part: BasisPoints?
    package var groups: [String]?
    /// Whether the client's user may place and cancel own orders.
    package var mayTrade: Bool?

    package init() {}
}

/// What became of a change.
package enum ClientUpdate: Sendable {
    case changed(ClientDetails)
    case notFound
    /// The capital cannot be lowered so far, since that much cash is not free.
    case notEnoughFreeCash
}

/// A client to be imported, with its broker account where it has one.
package struct ClientImport: Sendable {
    package let draft: ClientDraft
    package let broker: BrokerName?
    package let brokerClientID: String?
    package let token: Secret?
    package let sessionEnds: Timestamp?

    package init(
        draft: ClientDraft,
        broker: BrokerName?,
        brokerClientID: String?,
        token: Secret?,
        sessionEnds: Timestamp?
    ) {
        self.draft = draft
        self.broker = broker
        self.brokerClientID = brokerClientID
        self.token = token
        self.sessionEnds = sessionEnds
    }
}

/// A client with all that belongs to it.
package struct ClientDetails: Sendable {
    package let client: Client
    package let groups: [String]
    package let funds: Funds
    package let accounts: [BrokerAccount]
    package let holdings: [ClientHolding]
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    /// Whether the client's user may place and cancel own orders.
    package let mayTrade: Bool

    package init(
        client: Client,
        groups: [String],
        funds: Funds,
        accounts: [BrokerAccount],
        holdings: [ClientHolding],
        createdAt: Timestamp,
        updatedAt: Timestamp,
        mayTrade: Bool = false
    ) {
        self.mayTrade = mayTrade
        self.client = client
        self.groups = groups
        self.funds = funds
        self.accounts = accounts
        self.holdings = holdings
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// A holding with its symbol.
package struct ClientHolding: Sendable, Equatable {
    package let key: ShareKey
    package let symbol: String
    package let holding: Holding

    package init(_ key: ShareKey, symbol: String, holding: Holding) {
        self.key = key
        self.symbol = symbol
        self.holding = holding
    }
}

/// Which clients are asked for.
package struct ClientQuery: Sendable {
    /// Nil: of all traders (for admins only).
    package let trader: TraderID?
    package let status: Client.Status?
    package let group: String?
    /// Part of a code, name or e-mail address.
    package let text: String?
    package let after: ClientID?
    package let limit: Int

    package init(
        trader: TraderID?,
        status: Client.Status?,
        group: String?,
        text: String?,
        after: ClientID?,
        limit: Int
    ) {
        self.trader = trader
        self.status = status
        self.group = group
        self.text = text
        self.after = after
        self.limit = limit
    }
}

/// A halt switch that is on.
package struct ActiveHalt: Sendable, Equatable {
    package let scope: Halts.Scope
    package let why: String
    package let since: Timestamp

    /// The symbol that a switch of one covers.
    package let symbol: String?

    package init(scope: Halts.Scope, why: String, since: Timestamp, symbol: String? = nil) {
        self.symbol = symbol
        self.scope = scope
        self.why = why
        self.since = since
    }
}
