package import Desk
import JSON
import Postgres
package import Trading

/// Sessions that are ended before their time.
extension PostgresAccountStore {
    package func forgetToken(_ token: Secret?, of account: AccountID, by actor: Actor)
        async throws(StoreFailure)
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (AccountStatements.lockToken, [.int(account.raw)])
            ])
            guard let row = rows[0].first else {
                throw StoreFailure.broken("there is no account \(account)")
            }
            let kept = row.optionalBytes(4)
            // Whoever has logged in meanwhile stays so.
            if let kept, let token, try secrets.open(kept, of: account) != token {
                await transaction.rollBack()
                return
            }
            let revoke: Call = (LoginStatements.revoke, [.int(account.raw)])
            guard kept != nil else {
                try await transaction.commit([revoke])
                return
            }
            let audit = AuditEntry(
                .tokenForgotten,
                trader: TraderID(row.int(1)),
                client: ClientID(row.int(0))
            ) {
                $0.field("account", account.raw)
                $0.field("broker", row.text(2))
                $0.field("broker_client_id", row.text(3))
            }
            try await transaction.commit([
                (AccountStatements.logOut, [.int(account.raw)]), revoke,
                AuditEntry.write([audit], by: actor),
            ])
        }
    }
}
