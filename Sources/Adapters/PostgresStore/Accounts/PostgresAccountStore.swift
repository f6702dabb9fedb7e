package import Desk
package import Postgres
package import Secrets
package import Trading

/// Clients, their broker accounts and the halt switches in PostgreSQL.
///
/// 1. Every change and its audit lines are one transaction.
/// 2. Locks are taken in the order client < broker account < funds, each sorted by id; whoever makes
///    broker accounts takes `AccountStatements.lock` before all of them.
/// 3. Money moves only through Trading's `Funds`, under the lock of the client's funds row.
/// 4. A token is sealed for its own account before it leaves the process, so that a copy in another
///    row does not open; it is in no audit line and in no error.
package struct PostgresAccountStore: AccountStore {
    let pool: PostgresPool
    let secrets: SecretBox

    package init(pool: PostgresPool, secrets: SecretBox) {
        self.pool = pool
        self.secrets = secrets
    }

    package func client(_ id: ClientID) async throws(StoreFailure) -> ClientDetails? {
        let rows = try await pool.read(ClientReading.calls(for: id))
        return try ClientReading.details(clients: rows[0], accounts: rows[1], holdings: rows[2])
            .first
    }

    package func clients(_ query: ClientQuery) async throws(StoreFailure) -> [ClientDetails] {
        let (statement, values) = ClientReading.page(query)
        let page = try await pool.ask(statement, values)
        guard !page.isEmpty else { return [] }
        let ids = page.map { ClientID($0.int(0)) }
        let rows = try await pool.read(ClientReading.belongings(of: ids))
        return try ClientReading.details(clients: page, accounts: rows[0], holdings: rows[1])
    }

    package func session(_ account: AccountID) async throws(StoreFailure) -> BrokerSession? {
        let rows = try await pool.ask(AccountStatements.session, [.int(account.raw)])
        guard let row = rows.first else { return nil }
        return BrokerSession(
            account: account,
            brokerClientID: row.text(0),
            token: try secrets.open(row.bytes(1), of: account),
            egress: row.optionalText(2),
            instrument: nil
        )
    }
}

extension SecretBox {
    /// The token sealed for this account alone.
    func seal(_ token: Secret, of account: AccountID) -> [UInt8] {
        seal(Array(token.reveal().utf8), context: Self.context(account))
    }

    /// The token that was sealed for this account.
    func open(_ sealed: [UInt8], of account: AccountID) throws(StoreFailure) -> Secret {
        do {
            let plain = try open(sealed, context: Self.context(account))
            return Secret(String(decoding: plain, as: UTF8.self))
        } catch {
            throw .broken("the token of account \(account) does not open with this key: \(error)")
        }
    }

    private static func context(_ account: AccountID) -> String { "account:\(account)" }
}
