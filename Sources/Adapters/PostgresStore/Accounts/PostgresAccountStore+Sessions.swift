package import Desk
import JSON
import Postgres
import Secrets
package import Trading

/// Which sessions are good, and which are to be asked about.
extension PostgresAccountStore: SessionStore {
    /// One whose token does not open is left out: it cannot be asked about, and shows as unchecked.
    package func sessionsToCheck(
        at brokers: [BrokerName],
        since morning: Timestamp,
        limit: Int
    ) async throws(StoreFailure) -> [SessionToCheck] {
        let rows = try await pool.ask(
            SessionStatements.due,
            [
                .texts(brokers.map(\.rawValue)), .timestamp(morning.microseconds),
                .int(Int64(max(0, limit))),
            ]
        )
        return try sessions(in: rows)
    }

    private func sessions(in rows: PostgresRows) throws(StoreFailure) -> [SessionToCheck] {
        var due: [SessionToCheck] = []
        for row in rows {
            var columns = Columns(row)
            let account: AccountID = columns.id()
            let broker: BrokerName = try columns.word()
            let number = columns.text()
            let sealed = columns.bytes()
            guard let token = try? secrets.open(sealed, of: account) else { continue }
            let session = BrokerSession(
                account: account,
                brokerClientID: number,
                token: token,
                egress: columns.optionalText(),
                instrument: nil
            )
            due.append(
                SessionToCheck(
                    broker: broker,
                    session: session,
                    ends: columns.optionalTimestamp(),
                    // Sealing is never the same twice.
                    stamp: sealed
                )
            )
        }
        return due
    }

    package func noteChecks(_ checks: [CheckedSession]) async throws(StoreFailure) {
        guard !checks.isEmpty else { return }
        _ = try await pool.ask(
            SessionStatements.note,
            [
                .ints(checks.map(\.account.raw)), .byteArrays(checks.map(\.stamp)),
                .texts(checks.map(\.result.rawValue)),
                .optionalTexts(checks.map { $0.words.map { AuditText.foreign($0) } }),
                .optionalTimestamps(checks.map { $0.ends?.microseconds }),
                .optionalTexts(checks.map { $0.addresses?.standing.rawValue }),
                .optionalTexts(checks.map { $0.addresses?.words }),
            ]
        )
    }

    package func sessionsToRenew(_ query: RenewalQuery) async throws(StoreFailure)
        -> [SessionToCheck]
    {
        let rows = try await pool.ask(
            SessionStatements.renewable,
            [
                .texts(query.brokers.map(\.rawValue)), .optional(query.account),
                .optional(query.endBefore), .int(Int64(max(0, query.limit))),
            ]
        )
        return try sessions(in: rows)
    }

    /// What a worker found out about the old token meanwhile counts for nothing.
    package func keepRenewed(_ session: RenewedSession, by actor: Actor) async throws(StoreFailure)
        -> Bool
    {
        guard let account = session.old.account else { return false }
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (SessionStatements.lockRenewed, [.int(account.raw)])
            ])
            // Sealing is never the same twice, so what tells tokens apart is what they say.
            guard let row = rows[0].first,
                let kept = try? secrets.open(row.bytes(4), of: account), kept == session.old.token
            else {
                try await transaction.commit([])
                return false
            }
            let audit = AuditEntry(
                .sessionRenewed,
                trader: TraderID(row.int(1)),
                client: ClientID(row.int(0))
            ) {
                $0.field("account", account.raw)
                $0.field("broker", row.text(2))
                $0.field("broker_client_id", row.text(3))
                $0.fieldOrNull("session_ends_us", session.ends?.microseconds)
            }
            try await transaction.commit([
                (
                    SessionStatements.keepRenewed,
                    [
                        .int(account.raw), .bytes(secrets.seal(session.token, of: account)),
                        .optional(session.ends),
                    ]
                ), AuditEntry.write([audit], by: actor),
            ])
            return true
        }
    }

    package func noteRenewalFailure(_ failure: FailedRenewal) async throws(StoreFailure) {
        _ = try await pool.ask(
            SessionStatements.noteRenewalFailure,
            [
                .int(failure.account.raw), .bytes(failure.stamp),
                .text(AuditText.foreign("not renewed: " + failure.words)), .bool(failure.isFinal),
            ]
        )
    }

    package func readiness(_ query: ReadinessQuery) async throws(StoreFailure) -> Readiness {
        let which: [PostgresValue] = [
            .optional(query.trader), .optional(query.broker?.rawValue),
            .timestamp(query.now.microseconds), .optional(query.close),
            .bool(query.requiresEgress),
        ]
        let rows = try await pool.read([
            (SessionStatements.counts, which),
            (
                SessionStatements.page,
                which + [
                    .optional(query.state?.rawValue), .int(query.after?.raw ?? 0),
                    .int(Int64(max(0, query.limit))),
                ]
            ),
        ])
        var counts: [Readiness.Count] = []
        for row in rows[0] {
            var columns = Columns(row)
            counts.append(
                Readiness.Count(
                    broker: try columns.word(),
                    state: try columns.word(),
                    accounts: Int(columns.int())
                )
            )
        }
        var page: [Readiness.Row] = []
        for row in rows[1] {
            var columns = Columns(row)
            page.append(
                Readiness.Row(
                    account: columns.id(),
                    client: columns.id(),
                    code: columns.text(),
                    name: columns.text(),
                    broker: try columns.word(),
                    brokerClientID: columns.text(),
                    state: try columns.word(),
                    words: columns.optionalText(),
                    ends: columns.optionalTimestamp(),
                    checkedAt: columns.optionalTimestamp()
                )
            )
        }
        return Readiness(counts: counts, rows: page)
    }
}
