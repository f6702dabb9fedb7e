package import Desk
import Postgres
import Secrets
package import Trading

extension PostgresOrderStore: LiveAccountStore {
    package func liveAccounts(at brokers: [BrokerName], resting rest: Duration, limit: Int)
        async throws(StoreFailure) -> [LiveAccount]
    {
        let rows = try await pool.ask(
            StreamStatements.accounts,
            [
                .texts(brokers.map(\.rawValue)), .int(rest.microseconds),
                .int(Int64(max(0, limit))),
            ]
        )
        var accounts: [LiveAccount] = []
        for row in rows {
            var columns = Columns(row)
            let account: AccountID = columns.id()
            let broker: BrokerName = try columns.word()
            let number = columns.text()
            // A token that does not open is for whoever connects the account again.
            guard let token = try? secrets.open(columns.bytes(), of: account) else { continue }
            let session = BrokerSession(
                account: account,
                brokerClientID: number,
                token: token,
                egress: columns.optionalText(),
                instrument: nil
            )
            accounts.append(LiveAccount(account: account, broker: broker, session: session))
        }
        return accounts
    }

    package func liveJobs(of accounts: [AccountID]) async throws(StoreFailure) -> [OrderJob] {
        guard !accounts.isEmpty else { return [] }
        return try OrderJob.reading(
            try await pool.ask(StreamStatements.jobs, [.ints(accounts.map(\.raw))])
        )
    }
}

/// The SQL of what streams are followed for.
private enum StreamStatements {
    /// Up to $3 accounts at brokers $1 with a usable token and a live order that did not change for
    /// $2 microseconds; then those with conditional orders that wait.
    ///
    /// Every live order has a time for its next look, so the index on that finds them.
    static let accounts = PostgresStatement(
        """
        SELECT a.id, a.broker, a.broker_client_id, a.token, a.egress
        FROM (
            SELECT account_id, min(place) AS place FROM (
                SELECT account_id, 1 AS place FROM order_intent
                WHERE look_at IS NOT NULL
                  AND state IN ('ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED')
                  AND broker = ANY ($1::text[])
                  AND updated_at <= now() - $2::bigint * interval '1 microsecond'
                UNION ALL
                SELECT account_id, 2 FROM conditional_order
                WHERE broker_id IS NOT NULL AND state IN ('WAITING', 'ENTERED')
                  AND broker = ANY ($1::text[])
            ) AS w
            GROUP BY account_id
        ) AS i
        JOIN broker_account a ON a.id = i.account_id
        WHERE a.token IS NOT NULL AND a.status <> 'expired'
          AND (a.session_ends IS NULL OR a.session_ends > now())
        ORDER BY i.place, a.id LIMIT $3::bigint
        """
    )

    static let jobs = PostgresStatement(
        """
        SELECT id, task_id, broker, account_id FROM order_intent
        WHERE look_at IS NOT NULL
          AND state IN ('ACCEPTED', 'OPEN', 'PARTLY_FILLED', 'CANCEL_REQUESTED')
          AND account_id = ANY ($1::bigint[])
        ORDER BY id
        """
    )
}
