import JSON
import Postgres

/// What became of all orders, counted from our rows and the broker's, and held against each other.
struct OrderFigures: Sendable {
    let trades: Int64
    let orders: Int64
    let booked: Int64
    let doubts: Int64
    let adopted: Int64
    let absent: Int64
    let resent: Int64
    /// Orders of which the broker has more than one that is not rejected.
    let doubles: Int64
    /// Booked orders that we do not know under their ids, with what is known of each.
    let lostOrders: [String]
    var lost: Int64 { Int64(lostOrders.count) }
    /// What still waits for something: orders and outbox rows, each in words.
    let waiting: [String]
    /// How many those are.
    var stuck: Int64 { Int64(waiting.count) }
    /// Requests to cancel.
    let cancels: Int64
    /// Orders that a cancel met before anything was sent.
    let withdrawn: Int64
    /// Orders that were cancelled at the broker since somebody wished so.
    let cancelled: Int64
    /// Orders that filled before they could be cancelled.
    let filledBefore: Int64
    /// Orders that somebody wished cancelled and that have not ended, or whose broker refused.
    let leftOpen: Int64
    /// Attempts that began after somebody had wished the order cancelled.
    let sentAfterCancel: Int64

    /// Reads both sides.
    init(databaseURL: String, booked orders: [JSONValue]) async throws {
        var configuration = try PostgresConfiguration(url: databaseURL)
        // Counts over millions of rows, once.
        configuration.statementTimeout = .seconds(600)
        let pool = PostgresPool(configuration, size: 1)
        let counts = try await pool.query(PostgresStatement(Self.counts))[0]
        let attempts = try await pool.query(
            PostgresStatement(
                """
                SELECT reference, intent_id, broker_order_id,
                       concat_ws(' ', state, 'sent', sent_at, 'lease', lease_until, 'unknown',
                                 unknown_since, 'looked', looked_at, 'absences', absences, outcome)
                FROM order_attempt
                """
            )
        )
        waiting = try await pool.query(PostgresStatement(Self.waiting)).map { $0.text(0) }
        await pool.close()
        trades = counts.int(0)
        self.orders = counts.int(1)
        doubts = counts.int(2)
        adopted = counts.int(3)
        absent = counts.int(4)
        resent = counts.int(5)
        cancels = counts.int(6)
        withdrawn = counts.int(7)
        cancelled = counts.int(8)
        filledBefore = counts.int(9)
        leftOpen = counts.int(10)
        sentAfterCancel = counts.int(11)
        booked = Int64(orders.count)
        var known: [String: (intent: Int64, order: String?, story: String)] = [:]
        for row in attempts {
            known[row.text(0)] = (row.int(1), row.optionalText(2), row.text(3))
        }
        var live: [Int64: Int] = [:]
        var lost: [String] = []
        for order in orders {
            let attempt = known[order["reference"]?.string ?? ""]
            if let attempt, order["status"]?.string != "REJECTED" {
                live[attempt.intent, default: 0] += 1
            }
            if attempt == nil || attempt?.order != order["order_id"]?.string {
                let booked = "\(order["status"]?.string ?? "") \(order["booked_at"]?.string ?? "")"
                lost.append(
                    "\(order["reference"]?.string ?? "without a reference"): booked \(booked); "
                        + "ours \(attempt?.story ?? "nothing")"
                )
            }
        }
        doubles = Int64(live.values.count { $0 > 1 })
        lostOrders = lost
    }

    private static let counts = """
        SELECT (SELECT count(*) FROM bulk_task),
               (SELECT count(*) FROM order_intent WHERE attempts > 0),
               (SELECT count(DISTINCT intent_id) FROM audit_log WHERE action = 'ORDER_UNKNOWN'),
               (SELECT count(DISTINCT intent_id) FROM audit_log WHERE action = 'ORDER_FOUND'),
               (SELECT count(*) FROM order_attempt WHERE state = 'ABSENT'),
               (SELECT count(*) FROM order_attempt WHERE number > 1),
               (SELECT count(*) FROM cancellation),
               (SELECT count(*) FROM order_intent
                WHERE cancel_wish IS NOT NULL AND state = 'SKIPPED'),
               (SELECT count(*) FROM order_intent
                WHERE cancel_wish IS NOT NULL AND state = 'CANCELLED'),
               (SELECT count(*) FROM order_intent
                WHERE cancel_wish IS NOT NULL AND state = 'FILLED'),
               (SELECT count(*) FROM order_intent i LEFT JOIN order_cancel o ON o.intent_id = i.id
                WHERE o.is_refused OR i.cancel_wish IS NOT NULL AND i.state NOT IN (
                    'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'SKIPPED'
                )),
               (SELECT count(*) FROM order_attempt a
                JOIN (SELECT intent_id, min(met_at) AS met_at
                      FROM cancelled_order GROUP BY intent_id) x ON x.intent_id = a.intent_id
                WHERE a.sent_at > x.met_at)
        """

    private static let waiting = """
        SELECT format(
                   'order %s of task %s is %s, attempts %s, changed %s ago, next look in %s',
                   id, task_id, state, attempts, now() - updated_at, look_at - now()
               )
        FROM order_intent WHERE state IN (
            'READY', 'SENDING', 'UNKNOWN', 'ACCEPTED', 'OPEN', 'PARTLY_FILLED',
            'CANCEL_REQUESTED'
        )
        UNION ALL
        SELECT format(
                   'the plan of task %s lies in the outbox for %s, taken for another %s',
                   task_id, now() - created_at, taken_until - now()
               )
        FROM outbox
        """

    /// How many messages still lie in the outbox.
    static func outboxCount(databaseURL: String) async throws -> Int64 {
        let pool = PostgresPool(try PostgresConfiguration(url: databaseURL), size: 1)
        let count = try await pool.query(PostgresStatement("SELECT count(*) FROM outbox"))[0]
        await pool.close()
        return count.int(0)
    }
}
