import Postgres
import Trading

/// The SQL that makes and changes clients.
enum ClientStatements {
    /// So many new ids.
    static let newIDs = PostgresStatement(
        """
        SELECT nextval(pg_get_serial_sequence('client', 'id'))
        FROM generate_series(1, $1::bigint)
        """
    )

    /// The places in these lists (traders $1, their codes $2) that are taken.
    ///
    /// Each by a look of its own: behind row-level security the planner would compare each of ten
    /// thousand codes with each of ten thousand clients.
    static let taken = PostgresStatement(
        """
        SELECT n.place
        FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS n (trader_id, code, place)
        CROSS JOIN LATERAL (
            SELECT FROM client c WHERE c.trader_id = n.trader_id AND c.code = n.code OFFSET 0
        ) AS c
        """
    )

    /// New clients, those whose code was taken meanwhile excepted; groups come as pairs of a
    /// client's id ($9) and a name ($10).
    static let insert = PostgresStatement(
        """
        INSERT INTO client (id, trader_id, code, name, email, status, capital, part_bp, groups)
        OVERRIDING SYSTEM VALUE
        SELECT n.id, n.trader_id, n.code, n.name, n.email, n.status, n.capital, n.part_bp,
               coalesce(g.names, '{}')
        FROM unnest(
            $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
            $7::bigint[], $8::bigint[]
        ) AS n (id, trader_id, code, name, email, status, capital, part_bp)
        LEFT JOIN (
            SELECT client_id, array_agg(name ORDER BY place) AS names
            FROM unnest($9::bigint[], $10::text[]) WITH ORDINALITY AS t (client_id, name, place)
            GROUP BY client_id
        ) AS g ON g.client_id = n.id
        ORDER BY n.trader_id, n.code
        ON CONFLICT (trader_id, code) DO NOTHING
        RETURNING id
        """
    )

    /// The first balances of new clients: what was paid in is available.
    static let insertFunds = PostgresStatement(
        """
        INSERT INTO funds (client_id, available, deposited)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
        """
    )

    /// Transfers that belong to no order.
    static let insertTransfers = PostgresStatement(
        """
        INSERT INTO transfer (client_id, kind, debit, credit, amount)
        SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[])
        """
    )

    static let lock = PostgresStatement(
        """
        SELECT \(ClientReading.clientColumns), c.groups, c.may_trade FROM client c
        WHERE c.id = $1::bigint FOR NO KEY UPDATE
        """
    )

    static let lockFunds = PostgresStatement(
        """
        SELECT \(Funds.columns(of: "funds"))
        FROM funds WHERE client_id = $1::bigint FOR NO KEY UPDATE
        """
    )

    static let update = PostgresStatement(
        """
        UPDATE client
        SET name = $2, email = $3, status = $4, capital = $5::bigint, part_bp = $6::bigint,
            groups = $7::text[], may_trade = $8::boolean, updated_at = now()
        WHERE id = $1::bigint
        """
    )
}
