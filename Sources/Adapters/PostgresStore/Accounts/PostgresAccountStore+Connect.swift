package import Desk
import JSON
import Postgres
package import Trading

/// Broker accounts: connected, replaced, expired, forgotten.
extension PostgresAccountStore {
    private static let lockClient = PostgresStatement(
        "SELECT trader_id FROM client WHERE id = $1::bigint FOR NO KEY UPDATE"
    )
    private static let read = PostgresStatement(
        "SELECT \(BrokerAccount.columns) FROM broker_account a WHERE a.id = $1::bigint"
    )

    /// An account that has another one's place loses it: a client's orders go to one account only.
    package func connect(_ draft: AccountDraft, by actor: Actor) async throws(StoreFailure)
        -> BrokerAccount?
    {
        guard draft.broker != .paper else {
            throw .broken("the paper broker keeps no accounts")
        }
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (AccountStatements.lock, []),
                (Self.lockClient, [.int(draft.client.raw)]),
                (
                    AccountStatements.lockNeighbours,
                    [
                        .int(draft.client.raw), .text(draft.broker.rawValue),
                        .text(draft.brokerClientID),
                    ]
                ),
                (AccountStatements.newIDs, [.int(1)]),
            ])
            guard let trader = rows[1].first.map({ TraderID($0.int(0)) }) else {
                throw StoreFailure.broken("there is no client \(draft.client)")
            }
            let neighbours = try rows[2].map(Neighbour.init)
            let known = neighbours.first { $0.isSame(as: draft) }
            guard known.map({ $0.client == draft.client }) ?? true else {
                return nil
            }
            let id = known?.id ?? AccountID(rows[3][0].int(0))
            let replaced = neighbours.filter { $0.id != id && $0.isInPlace }
            let written = try await transaction.commit(
                connection(of: draft, as: id, isNew: known == nil, replacing: replaced)
                    + [
                        AuditEntry.write(
                            Self.audit(of: draft, as: id, trader: trader, replacing: replaced),
                            by: actor
                        ),
                        (Self.read, [.int(id.raw)]),
                    ]
            )
            var columns = Columns(written[written.count - 1][0])
            return try BrokerAccount(reading: &columns)
        }
    }

    package func disconnect(_ account: AccountID, of client: ClientID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (AccountStatements.lockOne, [.int(account.raw), .int(client.raw)])
            ])
            guard let row = rows[0].first else {
                return false
            }
            let isForgotten = row.text(2) == "disconnected" && !row.bool(3)
            let audit = AuditEntry(
                .accountDisconnected,
                trader: TraderID(row.int(4)),
                client: client
            ) {
                $0.field("account", account.raw)
                $0.field("broker", row.text(0))
                $0.field("broker_client_id", row.text(1))
            }
            // Whoever has a link to log in must not bring back what was just forgotten.
            let revoke: Call = (LoginStatements.revoke, [.int(account.raw)])
            try await transaction.commit(
                isForgotten
                    ? [revoke]
                    : [
                        (AccountStatements.forget, [.int(account.raw)]), revoke,
                        (AccountStatements.forgetApp, [.int(account.raw)]),
                        AuditEntry.write([audit], by: actor),
                    ]
            )
            return true
        }
    }

    package func markExpired(_ sessions: [BrokerSession]) async throws(StoreFailure) {
        var ended: [AccountID: Set<String>] = [:]
        for session in sessions {
            guard let account = session.account else { continue }
            ended[account, default: []].insert(session.token.reveal())
        }
        guard !ended.isEmpty else { return }
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (AccountStatements.lockConnected, [.ints(ended.keys.sorted().map(\.raw))])
            ])
            // Sealing is never the same twice, so what tells tokens apart is what they say.
            let expired = rows[0].filter { row in
                let account = AccountID(row.int(0))
                let token = try? secrets.open(row.bytes(5), of: account)
                return token.map { ended[account]?.contains($0.reveal()) == true } ?? true
            }
            guard !expired.isEmpty else {
                try await transaction.commit([])
                return
            }
            let audit = expired.map { row in
                AuditEntry(
                    .sessionExpired,
                    trader: TraderID(row.int(2)),
                    client: ClientID(row.int(1))
                ) {
                    $0.field("account", row.int(0))
                    $0.field("broker", row.text(3))
                    $0.field("broker_client_id", row.text(4))
                }
            }
            try await transaction.commit([
                (AccountStatements.expire, [.ints(expired.map { $0.int(0) })]),
                AuditEntry.write(audit, by: .system),
            ])
        }
    }

    /// An account that is the client's already, or has the number that is asked for.
    private struct Neighbour {
        let id: AccountID
        let client: ClientID
        let broker: String
        let number: String
        let status: BrokerAccount.Status

        init(_ row: PostgresRow) throws(StoreFailure) {
            var columns = Columns(row)
            id = columns.id()
            client = columns.id()
            broker = columns.text()
            number = columns.text()
            status = try columns.word()
        }

        func isSame(as draft: AccountDraft) -> Bool {
            broker == draft.broker.rawValue && number == draft.brokerClientID
        }
        /// Whether the client's orders go to this one, be its session good or not.
        var isInPlace: Bool { status != .disconnected }
    }

    private func connection(
        of draft: AccountDraft,
        as id: AccountID,
        isNew: Bool,
        replacing replaced: [Neighbour]
    ) -> [Call] {
        let token = secrets.seal(draft.token, of: id)
        let replacement: Call = (
            AccountStatements.replace, [.ints(replaced.map(\.id.raw))]
        )
        guard isNew else {
            return [
                replacement,
                (
                    AccountStatements.renew,
                    [
                        .int(id.raw), .bytes(token), .optional(draft.sessionEnds),
                        .optional(draft.egress), .bool(!draft.isLogin),
                    ]
                ),
            ]
        }
        return [
            replacement,
            (
                AccountStatements.insert,
                [
                    .ints([id.raw]), .ints([draft.client.raw]), .texts([draft.broker.rawValue]),
                    .texts([draft.brokerClientID]), .byteArrays([token]),
                    .optionalTimestamps([draft.sessionEnds?.microseconds]),
                    .optionalTexts([draft.egress]), .bool(!draft.isLogin),
                ]
            ),
        ]
    }

    private static func audit(
        of draft: AccountDraft,
        as id: AccountID,
        trader: TraderID,
        replacing replaced: [Neighbour]
    ) -> [AuditEntry] {
        replaced.map { old in
            AuditEntry(.accountDisconnected, trader: trader, client: old.client) {
                $0.field("account", old.id.raw)
                $0.field("broker", old.broker)
                $0.field("broker_client_id", old.number)
                $0.field("replaced_by", id.raw)
            }
        } + [
            AuditEntry(
                draft.isLogin ? .loggedIn : .accountConnected,
                trader: trader,
                client: draft.client
            ) {
                $0.field("account", id.raw)
                $0.field("broker", draft.broker.rawValue)
                $0.field("broker_client_id", draft.brokerClientID)
                $0.fieldOrNull("session_ends_us", draft.sessionEnds?.microseconds)
                $0.fieldOrNull("egress", draft.egress)
            }
        ]
    }
}
