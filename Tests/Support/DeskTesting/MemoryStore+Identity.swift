package import Desk
package import Trading

extension MemoryStore: IdentityStore {
    package func login(email: String) async throws(StoreFailure)
        -> (Identity, passwordHash: String)?
    {
        let user = try transact("login") { state in
            state.users.values.first { $0.identity.email.lowercased() == email.lowercased() }
        }
        guard let user else { return nil }
        return look { $0.identity(user.identity.user) }.map { ($0, user.passwordHash) }
    }

    package func identity(_ user: UserID) async throws(StoreFailure) -> Identity? {
        try transact("identity") { $0.identity(user) }
    }

    package func identity(apiKeyHash: [UInt8]) async throws(StoreFailure) -> Identity? {
        let now = clock.now()
        return try transact("identityByKey") { state in
            guard let row = state.apiKeys.values.first(where: { $0.hash == apiKeyHash }),
                row.key.limits.expiresAt.map({ $0 > now }) ?? true
            else { return nil }
            return state.identity(row.user)?.limited(to: row.key.limits)
        }
    }

    package func createUser(_ draft: UserDraft, by actor: Actor) async throws(StoreFailure)
        -> Identity?
    {
        try transact("createUser") { $0.addUser(draft) }
    }

    package func users(after: UserID?, limit: Int) async throws(StoreFailure) -> [Identity] {
        try transact("users") { state in
            let found = state.users.values.map(\.identity).filter { user in
                after.map { user.user > $0 } != false
            }
            return Array(found.sorted { $0.user < $1.user }.prefix(limit))
        }
    }

    package func createAPIKey(
        _ user: UserID,
        name: String,
        prefix: String,
        hash: [UInt8],
        limits: KeyLimits,
        by actor: Actor
    ) async throws(StoreFailure) -> APIKey {
        let now = clock.now()
        return try transact("createAPIKey") { state in
            let key = APIKey(
                id: state.nextID(),
                name: name,
                prefix: prefix,
                createdAt: now,
                limits: limits
            )
            state.apiKeys[key.id] = MemoryKey(key: key, user: user, hash: hash)
            return key
        }
    }

    package func apiKeys(_ user: UserID) async throws(StoreFailure) -> [APIKey] {
        try transact("apiKeys") { state in
            state.apiKeys.values.filter { $0.user == user }.map(\.key).sorted { $0.id < $1.id }
        }
    }

    package func revokeAPIKey(_ id: Int64, of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try transact("revokeAPIKey") { state in
            guard state.apiKeys[id]?.user == user else { return false }
            state.apiKeys[id] = nil
            return true
        }
    }

    package func usualPart(_ trader: TraderID) async throws(StoreFailure) -> BasisPoints? {
        try transact("usualPart") { $0.traders[trader] }
    }

    package func setUsualPart(_ part: BasisPoints, of trader: TraderID, by actor: Actor)
        async throws(StoreFailure)
    {
        try transact("setUsualPart") { state in
            if state.traders[trader] != nil { state.traders[trader] = part }
        }
    }
}

extension MemoryState {
    /// The user, with what the trader lets the client do now.
    func identity(_ user: UserID) -> Identity? {
        guard let known = users[user]?.identity else { return nil }
        return Identity(
            user: known.user,
            email: known.email,
            name: known.name,
            role: known.role,
            trader: known.trader,
            client: known.client,
            mayTrade: known.client.map { tradingClients.contains($0) } ?? false,
            hasSecondFactor: logins.factors[user]?.isConfirmed ?? false
        )
    }

    /// Nil where the address is taken.
    mutating func addUser(_ draft: UserDraft) -> Identity? {
        let email = draft.email.lowercased()
        guard !users.values.contains(where: { $0.identity.email.lowercased() == email }) else {
            return nil
        }
        var trader = draft.trader
        if draft.role == .trader, trader == nil {
            let made = TraderID(nextID())
            traders[made] = BasisPoints(2_500)
            trader = made
        }
        let identity = Identity(
            user: UserID(nextID()),
            email: draft.email,
            name: draft.name,
            role: draft.role,
            trader: trader,
            client: draft.client
        )
        users[identity.user] = MemoryUser(identity: identity, passwordHash: draft.passwordHash)
        return identity
    }
}
