import Postgres
import Trading

/// The SQL of lent money.
enum MarginStatements {
    static let leverage = PostgresStatement(
        "SELECT mtf_leverage FROM trader WHERE id = $1::bigint"
    )

    static let setLeverage = PostgresStatement(
        "UPDATE trader SET mtf_leverage = $2::int WHERE id = $1::bigint"
    )

    /// Who had money lent at a moment ($1), as the transfers since then tell, and is not charged
    /// for a day ($2) yet.
    static let lent = PostgresStatement(
        """
        SELECT c.id, c.trader_id, coalesce(a.broker, x.broker, 'paper'), w.borrowed
        FROM (
            SELECT m.client_id, f.borrowed - coalesce((
                SELECT sum(CASE WHEN t.credit = 'borrowed' THEN t.amount ELSE -t.amount END)
                FROM transfer t
                WHERE t.client_id = m.client_id AND t.at >= $1::timestamptz
                  AND (t.debit = 'borrowed' OR t.credit = 'borrowed')
            ), 0)::bigint AS borrowed
            FROM (
                SELECT client_id FROM funds WHERE borrowed > 0
                UNION
                SELECT client_id FROM transfer
                WHERE at >= $1::timestamptz AND (debit = 'borrowed' OR credit = 'borrowed')
            ) AS m
            JOIN funds f ON f.client_id = m.client_id
        ) AS w
        JOIN client c ON c.id = w.client_id
        LEFT JOIN broker_account a
            ON a.client_id = c.id AND a.status IN ('connected', 'expired')
        \(SealedSession.lastAccount(as: "x"))
        WHERE w.borrowed > 0 AND NOT EXISTS (
            SELECT FROM mtf_interest i WHERE i.day = $2::text::date AND i.client_id = c.id
        )
        ORDER BY c.id
        """
    )

    /// Locks the funds of these clients ($1), in the order of their ids.
    static let lockFunds = PostgresStatement(
        """
        SELECT f.client_id, \(Funds.columns(of: "f")) FROM funds f
        WHERE f.client_id = ANY ($1::bigint[]) ORDER BY f.client_id FOR NO KEY UPDATE
        """
    )

    /// Interest of days ($1) that is not booked yet; gives the place of each that was new.
    static let insertInterest = PostgresStatement(
        """
        INSERT INTO mtf_interest (day, client_id, broker, borrowed, rate, amount)
        SELECT n.day::date, n.client_id, n.broker, n.borrowed, n.rate, n.amount
        FROM unnest(
            $1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]
        ) AS n (day, client_id, broker, borrowed, rate, amount)
        ON CONFLICT (day, client_id) DO NOTHING
        RETURNING day::text, client_id
        """
    )

    /// Clients with lent money, and those with an open alert of these kinds ($1).
    static let stands = PostgresStatement(
        """
        SELECT c.id, c.trader_id, \(Funds.columns(of: "f"))
        FROM (
            SELECT client_id FROM funds WHERE borrowed > 0
            UNION
            SELECT client_id FROM alert WHERE closed_at IS NULL AND kind = ANY ($1::text[])
        ) AS w
        JOIN funds f ON f.client_id = w.client_id
        JOIN client c ON c.id = w.client_id
        ORDER BY c.id
        """
    )

    static let shares = PostgresStatement(
        """
        SELECT h.client_id, h.instrument_id, h.product, h.quantity, h.reserved, h.cost, h.borrowed
        FROM holding h WHERE h.client_id = ANY ($1::bigint[]) AND h.quantity > 0
        """
    )
}
