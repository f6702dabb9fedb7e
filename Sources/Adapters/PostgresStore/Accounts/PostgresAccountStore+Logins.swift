package import Desk
import JSON
import Postgres
package import Trading

/// Links to login pages: made, used once, made useless.
extension PostgresAccountStore: LoginLinkStore {
    package func noteLink(_ link: LoginLink, by actor: Actor) async throws(StoreFailure) {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginStatements.sweep, [.int(link.account.raw)]),
                (
                    LoginStatements.note,
                    [
                        .bytes(link.mark), .int(link.account.raw),
                        .timestamp(link.ends.microseconds),
                    ]
                ),
            ])
            guard let row = rows[1].first else {
                throw StoreFailure.broken("there is no account \(link.account)")
            }
            let audit = AuditEntry(
                .loginLinkMade,
                trader: TraderID(row.int(1)),
                client: ClientID(row.int(0))
            ) {
                $0.field("account", link.account.raw)
                $0.field("broker", row.text(2))
                $0.field("broker_client_id", row.text(3))
                $0.field("ends_us", link.ends.microseconds)
            }
            try await transaction.commit([AuditEntry.write([audit], by: actor)])
        }
    }

    package func useLink(_ mark: [UInt8], of account: AccountID, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?
    {
        let rows = try await pool.ask(
            LoginStatements.use,
            [.bytes(mark), .int(account.raw), .text(broker.rawValue)]
        )
        return try Self.account(in: rows)
    }

    package func useLinks(ofNumber brokerClientID: String, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?
    {
        let rows = try await pool.ask(
            LoginStatements.useAll,
            [.text(brokerClientID), .text(broker.rawValue)]
        )
        return try Self.account(in: rows)
    }

    package func hasOpenLinks(at broker: BrokerName) async throws(StoreFailure) -> Bool {
        try await pool.ask(LoginStatements.areAnyOpen, [.text(broker.rawValue)])
            .first?.bool(0) ?? false
    }

    static func account(in rows: PostgresRows) throws(StoreFailure) -> BrokerAccount? {
        guard let row = rows.first else { return nil }
        var columns = Columns(row)
        return try BrokerAccount(reading: &columns)
    }
}
