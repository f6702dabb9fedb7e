import Desk
import Postgres
import Trading

/// The SQL of trades that wait for approval.
enum ApprovalStatements {
    /// A trader's ($1) limits with the size of a trade in an instrument ($2), in shares held as $5, for
    /// clients $3 (null: all) of group $4 (null: any); no row where there is no limit, and then nothing is counted.
    static let limit = PostgresStatement(
        """
        SELECT t.approval_amount, t.approval_clients, a.clients, a.capital, a.shares, n.price
        FROM trader t
        JOIN instrument n ON n.id = $2
        CROSS JOIN LATERAL (
            SELECT count(*) AS clients, coalesce(sum(c.capital), 0)::bigint AS capital,
                   coalesce(sum(h.quantity), 0)::bigint AS shares
            FROM client c
            LEFT JOIN holding h
                ON h.client_id = c.id AND h.instrument_id = $2 AND h.product = $5
            WHERE c.trader_id = t.id AND c.status = 'active'
              AND ($3::bigint[] IS NULL OR c.id = ANY ($3::bigint[]))
              AND ($4::text IS NULL OR $4 = ANY (c.groups))
        ) AS a
        WHERE t.id = $1 AND coalesce(t.approval_amount, t.approval_clients) IS NOT NULL
        """
    )

    static let limitOf = PostgresStatement(
        "SELECT approval_amount, approval_clients FROM trader WHERE id = $1::bigint"
    )

    static let lockLimit = PostgresStatement(
        """
        SELECT approval_amount, approval_clients FROM trader
        WHERE id = $1::bigint FOR NO KEY UPDATE
        """
    )

    static let setLimit = PostgresStatement(
        """
        UPDATE trader SET approval_amount = $2::bigint, approval_clients = $3::bigint
        WHERE id = $1::bigint
        """
    )

    /// Those that wait of a trader ($3; null: all), below a trade ($1).
    static let waiting = PostgresStatement(
        """
        SELECT a.maker_id, u.name, a.client_count, a.amount, a.asked_at, a.expires_at, t.basket_id,
               \(BulkTrade.columns)
        FROM approval a
        JOIN bulk_task t ON t.id = a.task_id
        JOIN instrument n ON n.id = t.instrument_id
        JOIN app_user u ON u.id = a.maker_id
        WHERE a.verdict IS NULL AND a.expires_at > now() AND a.task_id < $1
          AND ($3::bigint IS NULL OR a.trader_id = $3::bigint)
        ORDER BY a.task_id DESC LIMIT $2
        """
    )

    /// The legs of baskets ($1), in their order.
    static let legs = PostgresStatement(
        """
        SELECT \(BulkTrade.columns)
        FROM bulk_task t JOIN instrument n ON n.id = t.instrument_id
        WHERE t.basket_id = ANY ($1::bigint[]) ORDER BY t.basket_id, t.leg
        """
    )

    /// What waits as a trade ($1), or as the basket that it is a leg of.
    static let lock = PostgresStatement(
        """
        SELECT a.trader_id, a.maker_id, a.verdict, a.decider_id, a.expires_at <= now(), a.task_id
        FROM approval a
        WHERE a.task_id IN (
            SELECT $1 UNION ALL
            SELECT l.id FROM bulk_task t JOIN bulk_task l ON l.basket_id = t.basket_id
            WHERE t.id = $1
        )
        FOR NO KEY UPDATE
        """
    )

    /// The trades that were decided as one: a trade, or all legs of a basket.
    private static func parts(of decided: String) -> String {
        """
        SELECT d.task_id AS id FROM \(decided) d
        UNION
        SELECT l.id FROM \(decided) d JOIN bulk_task t ON t.id = d.task_id
        JOIN bulk_task l ON l.basket_id = t.basket_id
        """
    }

    /// Trade $1 is decided by user $2 from address $3, in word $4 with reason $5: its state $6, its
    /// message where it is approved, and its line in the log; with all legs, where it is a basket's.
    static let decide = PostgresStatement(
        """
        WITH decided AS (
            UPDATE approval
            SET verdict = $4, decided_at = now(), decider_id = $2::bigint, reason = $5::text
            WHERE task_id = $1 RETURNING task_id, trader_id, maker_id, client_count, amount
        ), part AS (
            \(parts(of: "decided"))
        ), changed AS (
            UPDATE bulk_task AS t
            SET state = $6,
                completed_at = CASE WHEN $6 = 'DECLINED' THEN now() END
            FROM part p WHERE t.id = p.id AND t.state = 'AWAITING_APPROVAL'
            RETURNING t.id, t.basket_id
        ), message AS (
            INSERT INTO outbox (kind, task_id)
            SELECT 'plan', id FROM changed WHERE $6 = 'ACCEPTED' ORDER BY id
        )
        INSERT INTO audit_log (user_id, address, action, trader_id, task_id, detail)
        SELECT $2::bigint, $3::text, 'BULK_TRADE_' || upper($4), d.trader_id, d.task_id,
               jsonb_build_object('reason', $5::text, 'maker', d.maker_id,
                                  'clients', d.client_count, 'amount_paise', d.amount)
               || coalesce((
                   SELECT jsonb_build_object('basket_id', min(c.basket_id), 'legs', count(*))
                   FROM changed c WHERE c.basket_id IS NOT NULL HAVING count(*) > 0
               ), '{}')
        FROM decided d
        """
    )

    static let ring = PostgresStatement("SELECT pg_notify('outbox', '')")

    /// All that nobody has decided in time.
    static let expire = PostgresStatement(
        """
        WITH late AS (
            SELECT task_id FROM approval WHERE verdict IS NULL AND expires_at <= now()
            ORDER BY task_id LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED
        ), over AS (
            UPDATE approval a SET verdict = 'expired', decided_at = now()
            FROM late l WHERE a.task_id = l.task_id RETURNING a.task_id, a.trader_id, a.maker_id
        ), part AS (
            \(parts(of: "over"))
        ), changed AS (
            UPDATE bulk_task AS t SET state = 'DECLINED', completed_at = now()
            FROM part p WHERE t.id = p.id AND t.state = 'AWAITING_APPROVAL'
        )
        INSERT INTO audit_log (action, trader_id, task_id, detail)
        SELECT 'BULK_TRADE_EXPIRED', o.trader_id, o.task_id,
               jsonb_build_object('maker', o.maker_id)
        FROM over o
        RETURNING id
        """
    )
}
