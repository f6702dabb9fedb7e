package import Desk
import Postgres
import Trading

/// What brokers' messages hint of conditional orders.
extension PostgresConditionalStore {
    package func hasten(_ hints: [ConditionalHint]) async throws(StoreFailure) {
        var (references, accounts): ([String], [Int64]) = ([], [])
        var (namers, names): ([String], [String]) = ([], [])
        var (brokers, clients, codes): ([String], [String], [String]) = ([], [], [])
        for hint in hints {
            switch hint {
            case .referred(let reference): references.append(reference)
            case .named(let broker, let name):
                namers.append(broker.rawValue)
                names.append(name)
            case .foreignOrder(let broker, let client, let code):
                brokers.append(broker.rawValue)
                clients.append(client)
                codes.append(code)
            case .unheard(let account): accounts.append(account.raw)
            }
        }
        // What holds a zero byte no row holds, and PostgreSQL takes no such text.
        let sent = [references, names, clients, codes].map { $0.map { AuditText.foreign($0) } }
        _ = try await pool.ask(
            HintStatements.hasten,
            [
                .texts(sent[0]), .texts(namers), .texts(sent[1]), .texts(brokers),
                .texts(sent[2]), .texts(sent[3]), .ints(accounts),
                .int(ConditionalSchedule.hintPause.microseconds),
            ]
        )
    }
}

/// The SQL of hints.
private enum HintStatements {
    /// The next look at those that wait, by reference ($1), by broker and its id ($2, $3), by broker,
    /// its number of the client and code or ISIN of the instrument ($4, $5, $6), by account ($7): now, but not
    /// within $8 microseconds of the last one.
    ///
    /// One that somebody else has locked is being looked at, or changed: nothing waits for it here.
    static let hasten = PostgresStatement(
        """
        WITH meant AS (
            SELECT o.id FROM conditional_order o
            WHERE o.state IN ('WAITING', 'ENTERED') AND o.reference = ANY ($1::text[])
            UNION
            SELECT o.id FROM unnest($2::text[], $3::text[]) AS h (broker, broker_id)
            JOIN conditional_order o ON o.broker_id = h.broker_id AND o.broker = h.broker
            WHERE o.state IN ('WAITING', 'ENTERED')
            UNION
            SELECT o.id FROM unnest($4::text[], $5::text[], $6::text[]) AS h (broker, client, code)
            JOIN broker_account a ON a.broker = h.broker AND a.broker_client_id = h.client
            JOIN conditional_order o ON o.account_id = a.id AND o.broker_id IS NOT NULL
            JOIN broker_instrument b
                ON b.broker = o.broker AND b.instrument_id = o.instrument_id
            JOIN instrument n ON n.id = o.instrument_id AND h.code IN (b.code, n.isin)
            WHERE o.state IN ('WAITING', 'ENTERED')
            UNION
            SELECT o.id FROM conditional_order o
            WHERE o.account_id = ANY ($7::bigint[]) AND o.broker_id IS NOT NULL
              AND o.state IN ('WAITING', 'ENTERED')
        ), free AS (
            SELECT o.id FROM conditional_order o JOIN meant m ON m.id = o.id
            WHERE o.state IN ('WAITING', 'ENTERED') AND o.due_at > now()
            ORDER BY o.id FOR NO KEY UPDATE OF o SKIP LOCKED
        )
        UPDATE conditional_order o
        SET due_at = least(
            o.due_at,
            greatest(now(), o.seen_at + $8::bigint * interval '1 microsecond')
        )
        FROM free f WHERE o.id = f.id
        """
    )
}
