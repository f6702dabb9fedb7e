package import Desk
import JSON
import Postgres
package import Trading

/// New users and their API keys.
extension PostgresIdentityStore {
    /// A client's user belongs to the client's trader, whatever the draft says of none.
    package func createUser(_ draft: UserDraft, by actor: Actor) async throws(StoreFailure)
        -> Identity?
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (IdentityStatements.traderOfClient, [.optional(draft.client)]),
                (IdentityStatements.newTraderID, []),
            ])
            let isNewTrader = draft.role == .trader && draft.trader == nil
            let trader =
                isNewTrader
                ? TraderID(rows[1][0].int(0))
                : try Self.trader(of: draft, clients: rows[0].first.map { TraderID($0.int(0)) })
            let made = try await transaction.connection.query(
                IdentityStatements.insert,
                [
                    .text(draft.email), .text(draft.name), .text(draft.role.rawValue),
                    .text(draft.passwordHash), .optional(draft.client), .optional(trader),
                    .bool(isNewTrader),
                ]
            )
            guard let row = made.first else {
                return nil
            }
            var columns = Columns(row)
            let identity = try Identity(reading: &columns)
            let audit = AuditEntry(.userCreated, trader: trader, client: draft.client) {
                $0.field("user", identity.user.raw)
                $0.field("email", identity.email)
                $0.field("name", identity.name)
                $0.field("role", identity.role.rawValue)
            }
            try await transaction.commit([AuditEntry.write([audit], by: actor)])
            return identity
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
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (
                    IdentityStatements.insertKey,
                    [
                        .int(user.raw), .text(name), .text(prefix), .bytes(hash),
                        .texts(limits.scopes.map(\.rawValue).sorted()),
                        .optional(limits.expiresAt), .optional(limits.client),
                    ]
                )
            ])
            let key = try APIKey(rows[0][0])
            try await transaction.commit([
                AuditEntry.write([key.audit(.keyCreated, of: user)], by: actor)
            ])
            return key
        }
    }

    package func apiKeys(_ user: UserID) async throws(StoreFailure) -> [APIKey] {
        var keys: [APIKey] = []
        for row in try await pool.ask(IdentityStatements.keys, [.int(user.raw)]) {
            keys.append(try APIKey(row))
        }
        return keys
    }

    package func revokeAPIKey(_ id: Int64, of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (IdentityStatements.revokeKey, [.int(id), .int(user.raw)])
            ])
            guard let row = rows[0].first else {
                return false
            }
            let audit = AuditEntry(.keyRevoked) {
                $0.field("user", user.raw)
                $0.field("key", id)
                $0.field("name", row.text(0))
                $0.field("prefix", row.text(1))
            }
            try await transaction.commit([AuditEntry.write([audit], by: actor)])
            return true
        }
    }

    /// The trader for whom the user works; a client's own trader, and nobody else's.
    private static func trader(of draft: UserDraft, clients: TraderID?) throws(StoreFailure)
        -> TraderID?
    {
        guard let client = draft.client else { return draft.trader }
        guard let clients else { throw .broken("there is no client \(client)") }
        guard draft.trader.map({ $0 == clients }) ?? true else {
            throw .broken("client \(client) is another trader's")
        }
        return clients
    }
}

extension APIKey {
    fileprivate init(_ row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        self.init(
            id: columns.int(),
            name: columns.text(),
            prefix: columns.text(),
            createdAt: columns.timestamp(),
            limits: try KeyLimits(reading: &columns)
        )
    }

    fileprivate func audit(_ action: AuditEntry.Action, of user: UserID) -> AuditEntry {
        AuditEntry(action) {
            $0.field("user", user.raw)
            $0.field("key", id)
            $0.field("name", name)
            $0.field("prefix", prefix)
            $0.field("scopes", limits.scopes.map(\.rawValue).sorted().joined(separator: " "))
            $0.fieldOrNull("expires_us", limits.expiresAt?.microseconds)
            $0.fieldOrNull("only_client", limits.client?.raw)
        }
    }
}
