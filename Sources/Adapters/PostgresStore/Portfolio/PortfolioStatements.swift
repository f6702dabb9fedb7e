import Postgres
import Trading

/// The SQL of portfolios.
///
/// No index leads from a client to its orders or trades: one would be written to at as many places
/// as there are clients, once per order. The way goes over the trader's bulk trades, of each of
/// which `(task, client)` is the key; an order that nothing was filled of ends there.
enum PortfolioStatements {
    private static let funds = Funds.columns(of: "f")
    private static let share = "n.id, n.exchange, n.symbol"
    private static let fill = """
        i.client_id, \(share), f.trade_id, i.id, t.id, t.side, t.product, f.quantity, f.price,
        f.value, f.at
        """
    /// Trades in the order in which they moved money.
    private static let booked = #"f.booked_at, i.id, f.at, f.trade_id COLLATE "C""#

    static let client = PostgresStatement(
        """
        SELECT \(ClientReading.clientColumns), \(funds)
        FROM client c JOIN funds f ON f.client_id = c.id WHERE c.id = $1
        """
    )

    /// What these clients ($1) hold, in the order of symbols.
    static let shares = PostgresStatement(
        """
        SELECT h.client_id, n.id, h.product, n.exchange, n.symbol, h.quantity, h.reserved, h.cost,
               h.borrowed
        FROM holding h JOIN instrument n ON n.id = h.instrument_id
        WHERE h.client_id = ANY ($1::bigint[]) AND h.quantity > 0
        ORDER BY n.symbol COLLATE "C", n.id, h.product
        """
    )

    /// All trades of a client ($1) in what it holds or traded since a moment ($2).
    ///
    /// Orders live for their day; a week's bulk trades are looked through, as reconciliation does.
    static let history = PostgresStatement(
        """
        SELECT \(fill)
        FROM bulk_task t
        JOIN order_intent i ON i.task_id = t.id AND i.client_id = $1
        JOIN fill f ON f.intent_id = i.id
        JOIN instrument n ON n.id = t.instrument_id
        WHERE t.trader_id = (SELECT trader_id FROM client WHERE id = $1) AND i.filled > 0
          AND t.instrument_id = ANY (ARRAY(
              SELECT h.instrument_id FROM holding h WHERE h.client_id = $1 AND h.quantity > 0
              UNION
              SELECT w.instrument_id
              FROM bulk_task w
              JOIN order_intent o ON o.task_id = w.id AND o.client_id = $1
              JOIN fill g ON g.intent_id = o.id AND g.at >= $2
              WHERE w.accepted_at >= $2::timestamptz - interval '7 days' AND o.filled > 0
          ))
        ORDER BY \(booked)
        """
    )

    /// Up to $7 trades of a client ($1) from a moment ($2) to before another ($3), newest first,
    /// behind the one at $4 of order $5 with the broker's id $6.
    static let transactions = PostgresStatement(
        """
        SELECT \(fill)
        FROM bulk_task t
        JOIN order_intent i ON i.task_id = t.id AND i.client_id = $1
        JOIN fill f ON f.intent_id = i.id
        JOIN instrument n ON n.id = t.instrument_id
        WHERE t.trader_id = (SELECT trader_id FROM client WHERE id = $1) AND i.filled > 0
          AND t.accepted_at >= $2::timestamptz - interval '7 days'
          AND t.accepted_at < $3::timestamptz + interval '1 day'
          AND f.at >= $2 AND f.at < $3
          AND (f.at, i.id, f.trade_id COLLATE "C") < ($4::timestamptz, $5::bigint, $6::text)
        ORDER BY f.at DESC, i.id DESC, f.trade_id COLLATE "C" DESC
        LIMIT $7::bigint
        """
    )

    /// How many clients a trader ($1) has, and the sums of their money.
    static let totalFunds = PostgresStatement(
        """
        SELECT count(*), \(Funds.sums(of: "f"))
        FROM client c JOIN funds f ON f.client_id = c.id WHERE c.trader_id = $1
        """
    )

    /// What all clients of a trader ($1) hold of each instrument as each product.
    ///
    /// `OFFSET 0` keeps the way from the clients to their shares, whatever the tables' sizes were
    /// when this was planned.
    static let totalShares = PostgresStatement(
        """
        SELECT n.id, h.product, n.exchange, n.symbol, sum(h.quantity)::bigint,
               sum(h.reserved)::bigint, sum(h.cost)::bigint, sum(h.borrowed)::bigint
        FROM client c
        CROSS JOIN LATERAL (
            SELECT s.instrument_id, s.product, s.quantity, s.reserved, s.cost, s.borrowed
            FROM holding s WHERE s.client_id = c.id AND s.quantity > 0
            OFFSET 0
        ) AS h
        JOIN instrument n ON n.id = h.instrument_id
        WHERE c.trader_id = $1
        GROUP BY n.id, n.exchange, n.symbol, h.product
        ORDER BY n.symbol COLLATE "C", n.id, h.product
        """
    )

    /// Up to $3 clients of a trader ($1) beyond an id ($2).
    static let clients = PostgresStatement(
        """
        SELECT \(ClientReading.clientColumns), \(funds)
        FROM client c JOIN funds f ON f.client_id = c.id
        WHERE c.trader_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3::bigint
        """
    )

    /// Up to $3 clients beyond an id ($2) for whom a bulk trade ($1) was filled, with what they now
    /// hold of such shares.
    static let filledClients = PostgresStatement(
        """
        SELECT DISTINCT ON (i.client_id) i.client_id, c.code, c.name, coalesce(h.quantity, 0),
               coalesce(h.reserved, 0), coalesce(h.cost, 0), coalesce(h.borrowed, 0)
        FROM bulk_task t
        JOIN order_intent i ON i.task_id = t.id
        JOIN client c ON c.id = i.client_id
        LEFT JOIN holding h ON h.client_id = i.client_id AND h.instrument_id = t.instrument_id
            AND h.product = \(Product.heldAs("t.product"))
        WHERE t.id = $1 AND i.client_id > $2 AND i.filled > 0
        ORDER BY i.client_id LIMIT $3::bigint
        """
    )

    /// All trades of these clients ($2) in such shares as a bulk trade ($1) is about.
    static let filledHistory = PostgresStatement(
        """
        SELECT \(fill)
        FROM bulk_task this
        JOIN bulk_task t ON t.trader_id = this.trader_id AND t.instrument_id = this.instrument_id
            AND (t.product = 'MTF') = (this.product = 'MTF')
        JOIN order_intent i ON i.task_id = t.id AND i.client_id = ANY ($2::bigint[])
        JOIN fill f ON f.intent_id = i.id
        JOIN instrument n ON n.id = t.instrument_id
        WHERE this.id = $1 AND i.filled > 0
        ORDER BY \(booked)
        """
    )
}
