import JSON
import Postgres

/// What became of changes, slices, exits, halts, repairs, undoings and baskets: our rows held against
/// the brokers' ledger, and against one another.
///
/// Of a basket that stops on a refusal nothing is held against time: a purchase may be claimed while the
/// refusal is being written, and which came first no row tells. Nor of a halt when an order reached its
/// broker: one that was claimed before may lie in a frozen process or a silent network for long.
struct ErrandFigures: Sendable {
    let changes: Int64
    let applied: Int64
    let unchanged: Int64
    let withdrawnChanges: Int64
    let slices: Int64
    let exits: Int64
    let sold: Int64
    let repaired: Int64
    let undone: Int64
    let baskets: Int64
    /// Orders that a halt kept back.
    let halted: Int64
    /// What is not as it must be, each in words.
    let problems: [String]

    /// Reads both sides.
    init(databaseURL: String, booked: [JSONValue], halts: [ChaosUser.Halt]) async throws {
        let pool = PostgresPool(try PostgresConfiguration(url: databaseURL), size: 1)
        let counts = try await pool.query(PostgresStatement(Self.counts))[0]
        changes = counts.int(0)
        applied = counts.int(1)
        unchanged = counts.int(2)
        withdrawnChanges = counts.int(3)
        slices = counts.int(4)
        exits = counts.int(5)
        sold = counts.int(6)
        repaired = counts.int(7)
        undone = counts.int(8)
        baskets = counts.int(9)
        halted = counts.int(10)
        var problems = try await Self.differences(booked, pool)
        for query in Self.queries {
            problems += try await pool.query(PostgresStatement(query)).map { $0.text(0) }
        }
        for halt in halts { problems += try await Self.sent(during: halt, pool) }
        await pool.close()
        self.problems = problems
    }

    /// Waits until every change of an order has ended, or should long have.
    static func waitForChanges(_ databaseURL: String, within patience: Duration) async throws {
        let pool = PostgresPool(try PostgresConfiguration(url: databaseURL), size: 1)
        let deadline = ContinuousClock.now + patience
        while try await pool.query(PostgresStatement(openChanges))[0].int(0) > 0,
            ContinuousClock.now < deadline
        {
            try await Task.sleep(for: .milliseconds(500))
        }
        await pool.close()
    }

    private static let openChanges =
        "SELECT count(*) FROM modification WHERE state IN ('ASKED', 'SENDING', 'UNKNOWN')"

    // MARK: The brokers' side

    /// Each booked order as we know it: quantity, price, how often it was changed; that none which a
    /// repair took is alive; and that what was bought and sold at the brokers is what is held.
    private static func differences(_ booked: [JSONValue], _ pool: PostgresPool) async throws
        -> [String]
    {
        var problems: [String] = []
        var known: [String: PostgresRow] = [:]
        for row in try await pool.query(PostgresStatement(orders)) { known[row.text(0)] = row }
        var net: [String: Int64] = [:]
        for order in booked {
            // One that we do not know counts as lost elsewhere.
            guard let row = known[order["reference"]?.string ?? ""] else { continue }
            let name = "order \(row.int(1)), \(order["order_id"]?.string ?? ""),"
            let quantity = order["quantity"]?.int64 ?? 0
            if quantity != row.int(2) {
                problems.append("\(name) is for \(quantity) at its broker, for \(row.int(2)) here")
            }
            let price = JSONNumber(order["price"]?.string ?? "")?.scaled(4)
            if row.text(3) == "LIMIT", price != row.int(4) {
                problems.append(
                    "\(name) is at \(order["price"]?.string ?? "no price") at its broker, "
                        + "here at \(row.int(4)) ten-thousandths; \(row.text(9))"
                )
            }
            let changes = order["modifications"]?.int64 ?? -1
            if !(row.int(5)...row.int(6)).contains(changes) {
                problems.append(
                    "\(name) was changed \(changes) times at its broker; here \(row.int(5)) "
                        + "changes are applied, and \(row.int(6)) were sent"
                )
            }
            let isRejected = order["status"]?.string == "REJECTED"
            if row.text(7) == "repaired", !isRejected {
                problems.append("\(name) was repaired, and lives at its broker")
            }
            let filled = order["filled_quantity"]?.int64 ?? 0
            net[row.text(8), default: 0] += order["side"]?.string == "BUY" ? filled : -filled
        }
        for row in try await pool.query(PostgresStatement(holdings)) {
            let bought = net.removeValue(forKey: row.text(0)) ?? 0
            if bought != row.int(1) {
                problems.append("\(row.text(0)) has \(row.int(1)), and \(bought) at the broker")
            }
        }
        for (name, bought) in net where bought != 0 {
            problems.append("\(name) has nothing, and \(bought) at the broker")
        }
        return problems
    }

    /// Orders by reference: id, quantity, kind, price, changes that are applied and that were sent,
    /// whether a repair took it, whose shares of what, and its changes in words.
    private static let orders = """
        SELECT a.reference, i.id, i.quantity, coalesce(i.order_type, t.order_type),
               coalesce(i.price, t.price, 0),
               (SELECT count(*) FROM modification m
                WHERE m.intent_id = i.id AND m.state = 'APPLIED'),
               (SELECT count(*) FROM modification m WHERE m.intent_id = i.id AND m.tries > 0),
               CASE WHEN EXISTS (
                   SELECT FROM task_repair r WHERE r.task_id = i.task_id
                     AND r.client_id = i.client_id AND r.leg = i.leg
               ) THEN 'repaired' ELSE '' END,
               format('client %s in share %s', i.client_id, t.instrument_id),
               (SELECT concat_ws(', ', i.state, i.updated_at, string_agg(
                    format('change %s to %s at %s: %s, tries %s, looks %s, %s, asked %s, ended %s',
                           m.id, m.quantity, m.price, m.state, m.tries, m.looks, m.words,
                           m.asked_at, m.ended_at),
                    '; ' ORDER BY m.id))
                FROM modification m WHERE m.intent_id = i.id)
        FROM order_attempt a
        JOIN order_intent i ON i.id = a.intent_id
        JOIN bulk_task t ON t.id = i.task_id
        """

    /// What clients with a broker hold.
    private static let holdings = """
        SELECT format('client %s in share %s', h.client_id, h.instrument_id),
               sum(h.quantity)::bigint
        FROM holding h
        WHERE EXISTS (SELECT FROM broker_account b WHERE b.client_id = h.client_id)
        GROUP BY h.client_id, h.instrument_id
        """

    // MARK: Halts

    /// Orders that were claimed after a halt was answered and before somebody asked for its end.
    ///
    /// Without any tolerance: a claim reads the switches in its own transaction, which began later than
    /// the one that set them had ended. One of which nothing left may have been claimed all the same.
    private static func sent(during halt: ChaosUser.Halt, _ pool: PostgresPool) async throws
        -> [String]
    {
        let covered =
            switch halt.scope {
            // The run has one trader.
            case .everything, .trader: "$3::text = $3::text"
            case .symbol: "n.symbol = $3::text"
            case .broker: "i.broker = $3::text"
            case .client: "i.client_id = $3::text::bigint"
            }
        let rows = try await pool.query(
            PostgresStatement(
                """
                SELECT format('order %s was sent at %s, while %s was halted', i.id, a.sent_at,
                              $4::text)
                FROM order_attempt a
                JOIN order_intent i ON i.id = a.intent_id
                JOIN bulk_task t ON t.id = i.task_id
                JOIN instrument n ON n.id = t.instrument_id
                WHERE a.sent_at > to_timestamp($1::bigint / 1000000.0)
                  AND a.sent_at < to_timestamp($2::bigint / 1000000.0)
                  AND a.state <> 'NOT_SENT' AND \(covered)
                """
            ),
            [
                .int(halt.from), .int(halt.until), .text(halt.subject),
                .text("\(halt.scope.rawValue) \(halt.subject)"),
            ]
        )
        return rows.map { $0.text(0) }
    }

    // MARK: Our rows

    private static let counts = """
        SELECT (SELECT count(*) FROM modification),
               (SELECT count(*) FROM modification WHERE state = 'APPLIED'),
               (SELECT count(*) FROM modification WHERE state IN ('REFUSED', 'UNCHANGED')),
               (SELECT count(*) FROM modification WHERE state = 'WITHDRAWN'),
               (SELECT count(*) FROM order_intent WHERE is_slice AND attempts > 0),
               (SELECT count(*) FROM position_exit),
               (SELECT count(*) FROM position_exit x
                JOIN order_intent i ON i.task_id = ANY (x.sales) AND i.filled > 0),
               (SELECT count(*) FROM task_repair),
               (SELECT count(*) FROM bulk_task t
                JOIN order_intent i ON i.task_id = t.id AND i.filled > 0
                WHERE t.undoes_task_id IS NOT NULL),
               (SELECT count(*) FROM basket),
               (SELECT count(*) FROM order_intent
                WHERE state = 'SKIPPED' AND starts_with(reason, 'halted'))
        """

    /// Each finds what is not as it must be.
    private static let queries = [
        unended, wrongSlices, oversold, undoneTwice, repairedTwice, boughtBeforeSold, wrongHoldings,
    ]

    private static let unended = """
        SELECT format('change %s of order %s is %s', id, intent_id, state) FROM modification
        WHERE state IN ('ASKED', 'SENDING', 'UNKNOWN')
        UNION ALL
        SELECT format('exit %s is %s', id, state) FROM position_exit WHERE state <> 'COMPLETE'
        UNION ALL
        SELECT format('%s %s is halted still', scope, subject) FROM halt
        UNION ALL
        SELECT format('%s shares %s of client %s are promised', reserved, instrument_id, client_id)
        FROM holding WHERE reserved <> 0
        """

    /// The slices of a client's order are what was ordered, none above the freeze quantity, none missing
    /// and none there twice.
    ///
    /// A sale may be for less, since no more is held.
    private static let wrongSlices = """
        SELECT format('client %s has slices of %s in task %s, of %s',
                      s.client_id, s.total, s.task_id, s.ordered)
        FROM (
            SELECT i.task_id, i.client_id, t.side, sum(i.own_quantity) AS total,
                   max(i.own_quantity) AS largest, max(i.leg) AS last, count(*) AS slices,
                   max(n.freeze_quantity) AS freeze,
                   coalesce(max(q.quantity), max(t.sizing_quantity)) AS ordered
            FROM order_intent i
            JOIN bulk_task t ON t.id = i.task_id
            JOIN instrument n ON n.id = t.instrument_id
            LEFT JOIN listed_quantity q ON q.task_id = i.task_id AND q.client_id = i.client_id
            WHERE i.is_slice
            GROUP BY i.task_id, i.client_id, t.side
        ) AS s
        WHERE s.largest > s.freeze OR s.last <> s.slices - 1 OR s.total > s.ordered
           OR s.side = 'BUY' AND s.total <> s.ordered
        """

    /// Whoever sells, an exit or somebody else: at no moment more than was bought until then.
    ///
    /// Brokers tell some times in whole seconds only; within one, purchases count as earlier.
    private static let oversold = """
        SELECT format('client %s had %s of share %s at %s', client_id, owned, instrument_id, at)
        FROM (
            SELECT i.client_id, t.instrument_id, f.at,
                   sum(CASE t.side WHEN 'BUY' THEN f.quantity ELSE -f.quantity END) OVER (
                       PARTITION BY i.client_id, t.instrument_id
                       ORDER BY date_trunc('second', f.at), t.side
                   ) AS owned
            FROM fill f
            JOIN order_intent i ON i.id = f.intent_id
            JOIN bulk_task t ON t.id = i.task_id
        ) AS x
        WHERE owned < 0
        """

    /// An undoing is one bulk trade, and reverses no more than was filled.
    private static let undoneTwice = """
        SELECT format('task %s is undone by task %s, client %s: %s of %s', t.id, u.id,
                      coalesce(r.client_id, 0), coalesce(r.filled, 0), coalesce(o.filled, 0))
        FROM bulk_task u
        JOIN bulk_task t ON t.id = u.undoes_task_id
        LEFT JOIN (SELECT task_id, client_id, sum(filled) AS filled FROM order_intent
                   GROUP BY task_id, client_id) AS r ON r.task_id = u.id
        LEFT JOIN (SELECT task_id, client_id, sum(filled) AS filled FROM order_intent
                   GROUP BY task_id, client_id) AS o
            ON o.task_id = t.id AND o.client_id = r.client_id
        WHERE coalesce(r.filled, 0) > coalesce(o.filled, 0)
           OR EXISTS (SELECT FROM bulk_task x WHERE x.undoes_task_id = t.id AND x.id <> u.id)
           OR u.id IS DISTINCT FROM (SELECT d.undo_task_id FROM task_undo d WHERE d.task_id = t.id)
        """

    /// A repair has no order but of those that it took.
    private static let repairedTwice = """
        SELECT format('task %s repairs task %s, and has client %s', u.id, u.repairs_task_id,
                      i.client_id)
        FROM bulk_task u
        JOIN order_intent i ON i.task_id = u.id
        WHERE u.repairs_task_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM task_repair r WHERE r.repair_task_id = u.id
              AND r.task_id = u.repairs_task_id AND r.client_id = i.client_id
        )
        """

    /// Where sales go first, no purchase was claimed before its client's sales were booked.
    private static let boughtBeforeSold = """
        SELECT format('order %s was sent before the sale %s was booked', b.id, s.id)
        FROM bulk_task t
        JOIN order_intent b ON b.task_id = t.id
        JOIN order_attempt a ON a.intent_id = b.id
        JOIN bulk_task x ON x.basket_id = t.basket_id AND x.side = 'SELL'
        JOIN order_intent s ON s.task_id = x.id AND s.client_id = b.client_id
        JOIN fill f ON f.intent_id = s.id
        WHERE t.waits_for_sales AND a.sent_at < f.booked_at
        """

    /// Every share that is held was bought and not sold, and every such share is held.
    private static let wrongHoldings = """
        SELECT format('client %s holds %s of share %s, and has bought %s', client_id, held,
                      instrument_id, bought)
        FROM (
            SELECT client_id, instrument_id, coalesce(sum(quantity), 0) AS held
            FROM holding GROUP BY client_id, instrument_id
        ) AS h
        FULL JOIN (
            SELECT i.client_id, t.instrument_id,
                   sum(CASE t.side WHEN 'BUY' THEN f.quantity ELSE -f.quantity END) AS bought
            FROM fill f
            JOIN order_intent i ON i.id = f.intent_id
            JOIN bulk_task t ON t.id = i.task_id
            GROUP BY i.client_id, t.instrument_id
        ) AS b USING (client_id, instrument_id)
        WHERE coalesce(held, 0) <> coalesce(bought, 0)
        """
}
