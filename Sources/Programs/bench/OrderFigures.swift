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
    /// Booked orders that we do not know under their ids.
    let lost: Int64
    /// What still waits for something: orders and outbox rows, each in words.
    let waiting: [String]
    /// How many those are.
    var stuck: Int64 { Int64(waiting.count) }

    /// Reads both sides.
    init(databaseURL: String, booked orders: [JSONValue]) async throws {
        let pool = PostgresPool(try PostgresConfiguration(url: databaseURL), size: 1)
        let counts = try await pool.query(PostgresStatement(Self.counts))[0]
        let attempts = try await pool.query(
            PostgresStatement("SELECT reference, intent_id, broker_order_id FROM order_attempt")
        )
        waiting = try await pool.query(PostgresStatement(Self.waiting)).map { $0.text(0) }
        await pool.close()
        trades = counts.int(0)
        self.orders = counts.int(1)
        doubts = counts.int(2)
        adopted = counts.int(3)
        absent = counts.int(4)
        resent = counts.int(5)
        booked = Int64(orders.count)
        var known: [String: (intent: Int64, order: String?)] = [:]
        for row in attempts { known[row.text(0)] = (row.int(1), row.optionalText(2)) }
        var live: [Int64: Int] = [:]
        var lost: Int64 = 0
        for order in orders {
            let attempt = known[order["reference"]?.string ?? ""]
            if let attempt, order["status"]?.string != "REJECTED" {
                live[attempt.intent, default: 0] += 1
            }
            if attempt == nil || attempt?.order != order["order_id"]?.string { lost += 1 }
        }
        doubles = Int64(live.values.count { $0 > 1 })
        self.lost = lost
    }

    private static let counts = """
        SELECT (SELECT count(*) FROM bulk_task),
               (SELECT count(*) FROM order_intent WHERE attempts > 0),
               (SELECT count(DISTINCT intent_id) FROM audit_log WHERE action = 'ORDER_UNKNOWN'),
               (SELECT count(DISTINCT intent_id) FROM audit_log WHERE action = 'ORDER_FOUND'),
               (SELECT count(*) FROM order_attempt WHERE state = 'ABSENT'),
               (SELECT count(*) FROM order_attempt WHERE number > 1)
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
