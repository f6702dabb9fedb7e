import Desk
import Postgres
import Trading

/// The SQL of exits.
enum ExitStatements {
    private static let columns = """
        x.id, x.trader_id, x.client_id, x.instrument_id, x.user_id, x.product, x.state,
        x.cancellation_id, x.sales, x.asked_at, x.ended_at
        """

    /// The exit that a user ($1) made with a key ($2), after its body's hash.
    static let withKey = PostgresStatement(
        """
        SELECT x.body_hash, \(columns) FROM position_exit x
        WHERE x.user_id = $1 AND x.idempotency_key = $2
        """
    )

    static let one = PostgresStatement("SELECT \(columns) FROM position_exit x WHERE x.id = $1")

    /// Exits below an id ($1), newest first, of one trader ($3; null: of all).
    static let latest = PostgresStatement(
        """
        SELECT \(columns) FROM position_exit x
        WHERE x.id < $1 AND ($3::bigint IS NULL OR x.trader_id = $3::bigint)
        ORDER BY x.id DESC LIMIT $2
        """
    )

    static let open = PostgresStatement(
        """
        SELECT \(columns) FROM position_exit x
        WHERE x.state <> 'COMPLETE' ORDER BY x.id LIMIT $1
        """
    )

    static let insert = PostgresStatement(
        """
        INSERT INTO position_exit (
            user_id, idempotency_key, body_hash, trader_id, client_id, instrument_id, product
        )
        VALUES ($1, $2, $3, $4, $5::bigint, $6::bigint, $7)
        ON CONFLICT (user_id, idempotency_key) DO NOTHING
        RETURNING id
        """
    )

    /// For each kind of shares of which clients of a trader ($1), perhaps of one only ($2), perhaps in
    /// one instrument only ($3), hold something that is not promised: those clients, and a sale of it
    /// at the market; perhaps as some product only ($4).
    static let lots = PostgresStatement(
        """
        SELECT w.clients, 'SELL', 'MARKET', coalesce($4::text, w.product), 'DAY', NULL::bigint, NULL::bigint,
               n.id, n.exchange, n.symbol, n.name, n.isin, n.lot, n.tick, n.freeze_quantity,
               n.lower_circuit, n.upper_circuit
        FROM (
            SELECT h.instrument_id, h.product,
                   array_agg(h.client_id ORDER BY h.client_id) AS clients
            FROM client c JOIN holding h ON h.client_id = c.id
            WHERE c.trader_id = $1 AND c.status <> 'archived' AND h.quantity > h.reserved
              AND ($2::bigint IS NULL OR c.id = $2::bigint)
              AND ($3::bigint IS NULL OR h.instrument_id = $3::bigint)
              AND ($4::text IS NULL OR h.product = \(Product.heldAs("$4::text")))
            GROUP BY h.instrument_id, h.product
        ) AS w
        JOIN instrument n ON n.id = w.instrument_id
        ORDER BY n.id, w.product
        """
    )

    static let noteCancel = PostgresStatement(
        "UPDATE position_exit SET cancellation_id = $2 WHERE id = $1 AND cancellation_id IS NULL"
    )

    /// The sales ($2) of an exit ($1), and those that an earlier round submitted and could not write
    /// down: what they sell is not free any more, so this round has not met them again.
    ///
    /// One that thought to lead and does not may submit a sale when another has found nothing to sell:
    /// the exit is SELLING again.
    static let noteSales = PostgresStatement(
        """
        WITH made AS (
            SELECT coalesce(array_agg(DISTINCT s.id ORDER BY s.id), '{}') AS ids
            FROM (
                SELECT unnest($2::bigint[]) AS id
                UNION ALL
                SELECT unnest(sales) FROM position_exit WHERE id = $1
                UNION ALL
                SELECT t.id FROM position_exit x
                JOIN bulk_task t ON t.trader_id = x.trader_id AND t.accepted_at >= x.asked_at
                    AND starts_with(t.idempotency_key, 'exit ' || x.id || ' ')
                WHERE x.id = $1
            ) AS s
        )
        UPDATE position_exit
        SET sales = made.ids,
            state = CASE WHEN cardinality(made.ids) = 0 THEN 'COMPLETE' ELSE 'SELLING' END,
            ended_at = CASE WHEN cardinality(made.ids) = 0 THEN now() END
        FROM made
        WHERE id = $1 AND (state = 'CANCELLING' OR NOT sales @> made.ids)
        """
    )

    static let complete = PostgresStatement(
        """
        UPDATE position_exit SET state = 'COMPLETE', ended_at = now()
        WHERE id = $1 AND state = 'SELLING'
        """
    )
}
