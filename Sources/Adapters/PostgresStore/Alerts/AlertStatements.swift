import Postgres
import Trading

/// The SQL of alerts.
enum AlertStatements {
    private static let columns = """
        a.id, a.kind, a.trader_id, a.client_id, a.text, a.times_seen, a.opened_at, a.seen_at,
        a.closed_at, a.acked_at, a.acked_by
        """

    /// Opens alerts ($1–$4), or brings the open ones up to date; gives those that are new.
    static let open = PostgresStatement(
        """
        INSERT INTO alert (kind, trader_id, client_id, text)
        SELECT n.kind, n.trader_id, n.client_id, n.text
        FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])
             AS n (kind, trader_id, client_id, text)
        ON CONFLICT (kind, client_id) WHERE closed_at IS NULL DO UPDATE
        SET text = excluded.text, times_seen = alert.times_seen + 1, seen_at = now()
        RETURNING kind, client_id, xmax = 0
        """
    )

    /// Closes those of the judged conditions ($1, $2) that were not found ($3, $4).
    static let close = PostgresStatement(
        """
        UPDATE alert AS a SET closed_at = now()
        FROM unnest($1::text[], $2::bigint[]) AS j (kind, client_id)
        WHERE a.kind = j.kind AND a.client_id = j.client_id AND a.closed_at IS NULL
          AND NOT EXISTS (
              SELECT FROM unnest($3::text[], $4::bigint[]) AS f (kind, client_id)
              WHERE f.kind = a.kind AND f.client_id = a.client_id
          )
        """
    )

    /// Up to $4 below an id ($1), newest first: of a trader ($2), open or closed ($3); null: any.
    static let list = PostgresStatement(
        """
        SELECT \(columns) FROM alert a
        WHERE a.id < $1::bigint
          AND ($2::bigint IS NULL OR a.trader_id = $2::bigint)
          AND ($3::boolean IS NULL OR (a.closed_at IS NULL) = $3::boolean)
        ORDER BY a.id DESC LIMIT $4::bigint
        """
    )

    static let lock = PostgresStatement(
        "SELECT \(columns) FROM alert a WHERE a.id = $1::bigint FOR NO KEY UPDATE"
    )

    static let acknowledge = PostgresStatement(
        """
        UPDATE alert AS a SET acked_at = now(), acked_by = $2::bigint
        WHERE a.id = $1::bigint AND a.acked_at IS NULL
        RETURNING \(columns)
        """
    )
}
