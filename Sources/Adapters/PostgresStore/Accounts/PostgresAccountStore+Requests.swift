package import Desk
import JSON
import Postgres
import Secrets
package import Trading

/// Sessions that clients are asked for in their broker's own app.
extension PostgresAccountStore: LoginRequestStore {
    package func keepApp(_ app: LoginOwnApp, of account: AccountID, by actor: Actor)
        async throws(StoreFailure)
    {
        let sealed = secrets.seal(
            Array(app.secret.reveal().utf8),
            context: Self.context(of: account)
        )
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginRequestStatements.lock, [.int(account.raw)])
            ])
            try await transaction.commit([
                (
                    LoginRequestStatements.keep,
                    [.int(account.raw), .text(app.key), .bytes(sealed)]
                ), (LoginStatements.revokeLinks, [.int(account.raw)]),
                try Self.audit(.loginAppKept, account, rows[0], by: actor),
            ])
        }
    }

    package func ownApp(of account: AccountID) async throws(StoreFailure) -> LoginOwnApp? {
        let rows = try await pool.ask(LoginRequestStatements.ownApp, [.int(account.raw)])
        guard let row = rows.first else { return nil }
        guard let plain = try? secrets.open(row.bytes(1), context: Self.context(of: account))
        else { throw .broken("the app of account \(account) does not open with this key") }
        return LoginOwnApp(
            key: row.text(0),
            secret: Secret(String(decoding: plain, as: UTF8.self))
        )
    }

    package func noteRequest(_ request: LoginRequest, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try await pool.transact { transaction in
            let account: [PostgresValue] = [.int(request.account.raw)]
            let rows = try await transaction.begin([
                (LoginRequestStatements.lock, account), (LoginRequestStatements.isAsked, account),
                (LoginStatements.sweep, account),
            ])
            guard rows[1].first?.bool(0) == false else {
                await transaction.rollBack()
                return false
            }
            try await transaction.commit([
                (
                    LoginRequestStatements.note,
                    [
                        .bytes(request.mark), .int(request.account.raw),
                        .timestamp(request.ends.microseconds), .text(request.appKey),
                    ]
                ),
                try Self.audit(.loginAsked, request.account, rows[0], by: actor) {
                    $0.field("ends_us", request.ends.microseconds)
                },
            ])
            return true
        }
    }

    package func withdrawRequest(_ request: LoginRequest, why: String, by actor: Actor)
        async throws(StoreFailure)
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginRequestStatements.lock, [.int(request.account.raw)])
            ])
            try await transaction.commit([
                (LoginRequestStatements.withdraw, [.bytes(request.mark)]),
                try Self.audit(.loginNotAsked, request.account, rows[0], by: actor) {
                    $0.field("words", AuditText.foreign(why))
                },
            ])
        }
    }

    package func askedAccount(by grant: LoginGrant, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?
    {
        try Self.account(in: try await pool.ask(LoginRequestStatements.asked, grant.names(broker)))
    }

    package func useRequest(by grant: LoginGrant, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?
    {
        let token = Tokens.sha256(Array(grant.token.reveal().utf8))
        return try await pool.transact { transaction in
            let names = grant.names(broker)
            // Two statements, since what waits for the lock must see what was done meanwhile.
            let rows = try await transaction.begin([
                (LoginRequestStatements.lockNumber, Array(names.prefix(2))),
                (LoginRequestStatements.use, names + [.bytes(token)]),
            ])
            let account = try Self.account(in: rows[1])
            try await transaction.commit([])
            return account
        }
    }

    private static func audit(
        _ action: AuditEntry.Action,
        _ account: AccountID,
        _ rows: PostgresRows,
        by actor: Actor,
        _ more: (inout JSONWriter) -> Void = { _ in }
    ) throws(StoreFailure) -> Call {
        guard let row = rows.first else { throw .broken("there is no account \(account)") }
        let entry = AuditEntry(
            action,
            trader: TraderID(row.int(1)),
            client: ClientID(row.int(0))
        ) {
            $0.field("account", account.raw)
            $0.field("broker", row.text(2))
            $0.field("broker_client_id", row.text(3))
            more(&$0)
        }
        return AuditEntry.write([entry], by: actor)
    }

    private static func context(of account: AccountID) -> String { "app:\(account)" }
}

extension LoginGrant {
    /// Number, broker and app, as the statements take them.
    fileprivate func names(_ broker: BrokerName) -> [PostgresValue] {
        [.text(brokerClientID), .text(broker.rawValue), .text(appKey)]
    }
}
