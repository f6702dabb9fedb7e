package import Desk
import Postgres
import Secrets
package import Trading

/// What market feeds subscribe to, and the sessions that they are followed through.
extension PostgresAccountStore: FeedStore {
    package func wantedInstruments(at brokers: [BrokerName], limit: Int)
        async throws(StoreFailure) -> [BrokerName: [FeedInstrument]]
    {
        let rows = try await pool.ask(
            Self.wanted,
            [.texts(brokers.map(\.rawValue)), .int(Int64(max(0, limit)))]
        )
        var wanted: [BrokerName: [FeedInstrument]] = [:]
        for row in rows {
            var columns = Columns(row)
            let broker: BrokerName = try columns.word()
            wanted[broker, default: []].append(
                FeedInstrument(
                    instrument: columns.id(),
                    segment: columns.text(),
                    code: columns.text(),
                    orderCode: columns.text()
                )
            )
        }
        return wanted
    }

    /// A session whose token does not open is left out, since the next one may do.
    package func feedSessions(at brokers: [BrokerName], limit: Int)
        async throws(StoreFailure) -> [BrokerName: [BrokerSession]]
    {
        let rows = try await pool.ask(
            Self.sessions,
            [.texts(brokers.map(\.rawValue)), .int(Int64(max(0, limit)))]
        )
        var sessions: [BrokerName: [BrokerSession]] = [:]
        for row in rows {
            var columns = Columns(row)
            let broker: BrokerName = try columns.word()
            let account: AccountID = columns.id()
            let number = columns.text()
            guard let token = try? secrets.open(columns.bytes(), of: account) else { continue }
            sessions[broker, default: []].append(
                BrokerSession(
                    account: account,
                    brokerClientID: number,
                    token: token,
                    egress: columns.optionalText(),
                    instrument: nil
                )
            )
        }
        return sessions
    }

    /// What is in a trade that is under way or waits for a price on paper, watched, or held: in this
    /// order, since there may be more than a feed has room for; $2 instruments for each of the brokers $1.
    private static let wanted = PostgresStatement(
        """
        WITH wanted AS (
            SELECT instrument_id, min(place) AS place FROM (
                SELECT instrument_id, 1 AS place FROM watchlist_item
                UNION ALL
                SELECT instrument_id, 0 FROM bulk_task WHERE state <> 'COMPLETE'
                UNION ALL
                SELECT instrument_id, 0 FROM conditional_order
                WHERE due_at IS NOT NULL AND broker = 'paper'
                UNION ALL
                SELECT instrument_id, 2 FROM holding WHERE quantity > 0
            ) w GROUP BY instrument_id
        )
        SELECT n.broker, n.instrument_id, n.segment, n.feed_code, n.code FROM (
            SELECT b.broker, b.instrument_id, b.segment, b.code,
                   coalesce(b.feed_code, b.code) AS feed_code,
                   row_number() OVER (
                       PARTITION BY b.broker ORDER BY w.place, b.instrument_id
                   ) AS number
            FROM wanted w JOIN broker_instrument b ON b.instrument_id = w.instrument_id
            WHERE b.broker = ANY ($1::text[])
        ) n
        WHERE n.number <= $2::bigint
        ORDER BY n.broker, n.instrument_id
        """
    )

    /// Sessions that are good now, $2 for each of the brokers $1; the token's bytes are encrypted.
    private static let sessions = PostgresStatement(
        """
        SELECT b.broker, a.id, a.broker_client_id, a.token, a.egress
        FROM unnest($1::text[]) AS b (broker)
        CROSS JOIN LATERAL (
            SELECT a.id, a.broker_client_id, a.token, a.egress
            FROM broker_account a JOIN client c ON c.id = a.client_id
            WHERE a.broker = b.broker AND a.status = 'connected' AND c.status = 'active'
              AND (a.session_ends IS NULL OR a.session_ends > now())
            ORDER BY a.id LIMIT $2::bigint
        ) a
        ORDER BY b.broker, a.id
        """
    )
}
