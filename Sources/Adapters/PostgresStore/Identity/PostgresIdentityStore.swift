package import Desk
import JSON
package import Postgres
package import Trading

/// Users, their passwords' hashes and API keys in PostgreSQL.
///
/// Disabled users do not exist here: nobody can log in as one, and no list shows them.
package struct PostgresIdentityStore: IdentityStore {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func login(email: String) async throws(StoreFailure)
        -> (Identity, passwordHash: String)?
    {
        let rows = try await pool.ask(IdentityStatements.login, [.text(email)])
        guard let row = rows.first else { return nil }
        var columns = Columns(row)
        return (try Identity(reading: &columns), passwordHash: columns.text())
    }

    package func identity(_ user: UserID) async throws(StoreFailure) -> Identity? {
        try await one(IdentityStatements.byID, [.int(user.raw)])
    }

    package func identity(apiKeyHash: [UInt8]) async throws(StoreFailure) -> Identity? {
        let rows = try await pool.ask(IdentityStatements.byKey, [.bytes(apiKeyHash)])
        guard let row = rows.first else { return nil }
        var columns = Columns(row)
        return try Identity(reading: &columns).limited(to: try KeyLimits(reading: &columns))
    }

    package func users(after: UserID?, limit: Int) async throws(StoreFailure) -> [Identity] {
        let rows = try await pool.ask(
            IdentityStatements.page,
            [.int(after?.raw ?? 0), .int(Int64(max(0, limit)))]
        )
        var users: [Identity] = []
        for row in rows {
            var columns = Columns(row)
            users.append(try Identity(reading: &columns))
        }
        return users
    }

    package func usualPart(_ trader: TraderID) async throws(StoreFailure) -> BasisPoints? {
        try await pool.ask(IdentityStatements.usualPart, [.int(trader.raw)]).first
            .map { BasisPoints(Int32($0.int(0))) }
    }

    package func setUsualPart(_ part: BasisPoints, of trader: TraderID, by actor: Actor)
        async throws(StoreFailure)
    {
        try await pool.transact { transaction in
            let key = PostgresValue.int(trader.raw)
            let rows = try await transaction.begin([(IdentityStatements.lockTrader, [key])])
            guard let row = rows[0].first else {
                throw StoreFailure.broken("there is no trader \(trader)")
            }
            let old = BasisPoints(Int32(row.int(0)))
            let audit = AuditEntry(.settingsChanged, trader: trader) {
                $0.field("setting", "usual_part")
                $0.field("from", old.percent)
                $0.field("to", part.percent)
            }
            try await transaction.commit(
                old == part
                    ? []
                    : [
                        (IdentityStatements.setUsualPart, [key, .int(Int64(part.raw))]),
                        AuditEntry.write([audit], by: actor),
                    ]
            )
        }
    }

    private func one(_ statement: PostgresStatement, _ values: [PostgresValue])
        async throws(StoreFailure) -> Identity?
    {
        guard let row = try await pool.ask(statement, values).first else { return nil }
        var columns = Columns(row)
        return try Identity(reading: &columns)
    }
}

extension Identity {
    /// The columns that `init(reading:)` reads, of `app_user u`.
    static let columns = """
        u.id, u.email, u.name, u.role, u.trader_id, u.client_id,
        coalesce((SELECT c.may_trade FROM client c WHERE c.id = u.client_id), false),
        u.totp_confirmed_at IS NOT NULL
        """

    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            user: columns.id(),
            email: columns.text(),
            name: columns.text(),
            role: try columns.word(),
            trader: columns.optionalID(),
            client: columns.optionalID(),
            mayTrade: columns.bool(),
            hasSecondFactor: columns.bool()
        )
    }
}

extension KeyLimits {
    /// Reads scopes, end and client.
    init(reading columns: inout Columns) throws(StoreFailure) {
        var scopes: Set<Scope> = []
        for word in columns.texts() {
            guard let scope = Scope(rawValue: word) else {
                throw .broken("the database holds the unknown scope '\(word)'")
            }
            scopes.insert(scope)
        }
        self.init(
            scopes: scopes,
            expiresAt: columns.optionalTimestamp(),
            client: columns.optionalID()
        )
    }
}
