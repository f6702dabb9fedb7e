import Postgres
import Trading

/// The SQL of paying in and out, and of a client's statement.
enum CashStatements {
    private static let move = "m.id, m.kind, m.client_id, m.amount, m.note, m.at"

    /// What a user ($1) made with a key ($2), after its body's hash.
    static let withKey = PostgresStatement(
        """
        SELECT m.body_hash, \(move) FROM cash_move m
        WHERE m.user_id = $1 AND m.idempotency_key = $2
        """
    )

    /// A payment, unless the key was used.
    static let insert = PostgresStatement(
        """
        INSERT INTO cash_move AS m (
            client_id, kind, amount, note, user_id, idempotency_key, body_hash
        )
        VALUES ($1::bigint, $2::text, $3::bigint, $4::text, $5::bigint, $6::text, $7::bytea)
        ON CONFLICT (user_id, idempotency_key) DO NOTHING
        RETURNING \(move)
        """
    )

    /// What may be put to work follows what was paid in.
    static let setCapital = PostgresStatement(
        "UPDATE client SET capital = $2::bigint, updated_at = now() WHERE id = $1::bigint"
    )

    static let funds = PostgresStatement(
        "SELECT \(Funds.columns(of: "f")) FROM funds f WHERE f.client_id = $1::bigint"
    )

    /// Up to $5 transfers of a client ($1) below an id ($4), from a moment ($2) to before another
    /// ($3), newest first, each with the available cash that it left.
    ///
    /// A client's transfers have ids in the order in which they were booked, since its funds are
    /// locked; their times are when their transactions began, so what is newer is looked for from
    /// an hour earlier.
    static let lines = PostgresStatement(
        """
        SELECT w.id, w.at, w.kind, w.debit, w.credit, w.amount, w.intent_id, w.left_available
        FROM (
            SELECT x.id, x.at, x.kind, x.debit, x.credit, x.amount, x.intent_id,
                   f.available - coalesce(sum(
                       CASE WHEN x.debit = 'available' THEN x.amount
                            WHEN x.credit = 'available' THEN -x.amount ELSE 0 END
                   ) OVER (
                       ORDER BY x.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                   ), 0)::bigint AS left_available
            FROM funds f
            JOIN transfer x ON x.client_id = f.client_id
                AND x.at >= $2::timestamptz - interval '1 hour'
            WHERE f.client_id = $1::bigint
        ) AS w
        WHERE w.at >= $2::timestamptz AND w.at < $3::timestamptz AND w.id < $4::bigint
        ORDER BY w.id DESC LIMIT $5::bigint
        """
    )
}
