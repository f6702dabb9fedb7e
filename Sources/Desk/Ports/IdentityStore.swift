package import Trading

/// Where users, their passwords' hashes and API keys are kept.
package protocol IdentityStore: Sendable {
    /// The user with this e-mail address (case does not matter) and the password's hash.
    func login(email: String) async throws(StoreFailure) -> (Identity, passwordHash: String)?

    /// The user, unless disabled.
    func identity(_ user: UserID) async throws(StoreFailure) -> Identity?

    /// The user whose API key has this SHA-256, within the key's limits; nil where it is revoked or
    /// expired, or its user disabled.
    func identity(apiKeyHash: [UInt8]) async throws(StoreFailure) -> Identity?

    /// Stores a user, and for the role trader also the trader; nil where the address is taken.
    func createUser(_ draft: UserDraft, by actor: Actor) async throws(StoreFailure) -> Identity?

    /// Users in the order of their ids.
    func users(after: UserID?, limit: Int) async throws(StoreFailure) -> [Identity]

    /// Stores the hash of a new API key with its first characters, by which people tell keys apart.
    func createAPIKey(
        _ user: UserID,
        name: String,
        prefix: String,
        hash: [UInt8],
        limits: KeyLimits,
        by actor: Actor
    ) async throws(StoreFailure) -> APIKey

    /// The user's keys that are not revoked.
    func apiKeys(_ user: UserID) async throws(StoreFailure) -> [APIKey]

    /// Ends a key; false where the user has no such key.
    func revokeAPIKey(_ id: Int64, of user: UserID, by actor: Actor) async throws(StoreFailure)
        -> Bool

    /// The trader's usual part per order; nil where there is no such trader.
    func usualPart(_ trader: TraderID) async throws(StoreFailure) -> BasisPoints?

    /// Changes the trader's usual part per order.
    func setUsualPart(_ part: BasisPoints, of trader: TraderID, by actor: Actor)
        async throws(StoreFailure)
}

/// What a user may do.
package enum Role: String, Sendable, CaseIterable {
    /// Everything, for all traders.
    case admin
    /// Everything that concerns the own clients.
    case trader
    /// Reads what concerns oneself, and trades for oneself where the trader lets it.
    case client
}

/// Somebody or something that has logged in.
package struct Identity: Sendable, Equatable {
    package let user: UserID
    package let email: String
    package let name: String
    package let role: Role
    /// The trader whom the user is, or works for; nil for admins.
    package let trader: TraderID?
    /// The client whom the user is; set exactly for the role client.
    package let client: ClientID?
    /// Whether a client may also place and cancel own orders; the others may anyway.
    package let mayTrade: Bool
    /// What may be asked with the credential that was shown; everything after a login.
    package let scopes: Set<Scope>
    /// Whether logins of the user take a one-time code beside the password.
    package let hasSecondFactor: Bool
    /// The login that was shown; nil where it was an API key.
    package let session: LoginSessionID?

    package init(
        user: UserID,
        email: String,
        name: String,
        role: Role,
        trader: TraderID?,
        client: ClientID?,
        mayTrade: Bool = false,
        scopes: Set<Scope> = Set(Scope.allCases),
        hasSecondFactor: Bool = false,
        session: LoginSessionID? = nil
    ) {
        self.hasSecondFactor = hasSecondFactor
        self.session = session
        self.mayTrade = mayTrade
        self.scopes = scopes
        self.user = user
        self.email = email
        self.name = name
        self.role = role
        self.trader = trader
        self.client = client
    }
}

/// A user to be stored.
package struct UserDraft: Sendable {
    package let email: String
    package let name: String
    package let role: Role
    package let passwordHash: String
    /// The trader whom the user works for; nil with the role trader makes a new trader.
    package let trader: TraderID?
    package let client: ClientID?

    package init(
        email: String,
        name: String,
        role: Role,
        passwordHash: String,
        trader: TraderID?,
        client: ClientID?
    ) {
        self.email = email
        self.name = name
        self.role = role
        self.passwordHash = passwordHash
        self.trader = trader
        self.client = client
    }
}

/// An API key without its secret.
package struct APIKey: Sendable, Equatable {
    package let id: Int64
    package let name: String
    /// The key's first characters.
    package let prefix: String
    package let createdAt: Timestamp
    package let limits: KeyLimits

    package init(
        id: Int64,
        name: String,
        prefix: String,
        createdAt: Timestamp,
        limits: KeyLimits = KeyLimits()
    ) {
        self.id = id
        self.name = name
        self.prefix = prefix
        self.createdAt = createdAt
        self.limits = limits
    }
}

extension Identity {
    /// This caller as a key limits it: with a client named, no more than that client.
    package func limited(to limits: KeyLimits) -> Identity {
        let isOneClient = limits.client != nil
        return Identity(
            user: user,
            email: email,
            name: name,
            role: isOneClient ? .client : role,
            trader: trader,
            client: limits.client ?? client,
            // Whoever made the key may trade for the client, and said by its scopes whether it may.
            mayTrade: isOneClient ? limits.scopes.contains(.trade) : mayTrade,
            scopes: limits.scopes,
            hasSecondFactor: hasSecondFactor
        )
    }

    /// This caller, who has shown that login.
    package func within(_ session: LoginSessionID) -> Identity {
        Identity(
            user: user,
            email: email,
            name: name,
            role: role,
            trader: trader,
            client: client,
            mayTrade: mayTrade,
            scopes: scopes,
            hasSecondFactor: hasSecondFactor,
            session: session
        )
    }
}
