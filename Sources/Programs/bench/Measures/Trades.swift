import Glibc
import HTTPClient
import JSON
import Postgres

/// Submits bulk trades to a stack and learns from its database what became of them.
struct Trades: Sendable {
    /// A trade that was accepted.
    struct Accepted: Sendable {
        let task: Int64
        /// When its request left, in microseconds since 1970 by this machine's clock.
        let sentAt: Int64
    }

    /// The times of a trade by the database's clock, in microseconds since 1970.
    struct Times: Sendable {
        let acceptedAt: Int64
        /// When the queue had confirmed the message of every order.
        let publishedAt: Int64
        let completedAt: Int64
    }

    let stack: MeasuredStack
    let token: String

    /// Logs in.
    init(_ stack: MeasuredStack) async throws {
        self.stack = stack
        token = try await stack.logIn(stack.http)
    }

    /// Submits a trade of so many percent: of capital when buying, of the holding when selling.
    ///
    /// With a `limit` its orders are LIMIT orders at that price.
    func submit(
        _ symbol: String,
        _ side: String,
        percent: Int,
        group: String? = nil,
        limit: String? = nil
    ) async throws -> Accepted {
        var body = JSONObject()
        body.append("symbol", .string(symbol))
        body.append("side", .string(side))
        body.append("percent", .string("\(percent)"))
        if let group { body.append("group", .string(group)) }
        if let limit {
            body.append("order_type", "LIMIT")
            body.append("price", .string(limit))
        }
        let request = HTTPRequest(
            method: "POST",
            url: stack.apiURLs[0] + "/api/v1/bulk-trades",
            headers: [
                ("Content-Type", "application/json"), ("Authorization", "Bearer " + token),
            ],
            body: JSONValue.object(body).serialized()
        )
        let sentAt = Self.now()
        let answer = try await stack.http.send(request)
        guard answer.status == 202,
            let task = try JSONValue(parsing: answer.body)["task_id"]?.int64
        else {
            let words = String(decoding: answer.body, as: UTF8.self)
            throw Unusable(description: "a trade was refused: \(answer.status) \(words)")
        }
        return Accepted(task: task, sentAt: sentAt)
    }

    /// Whether the last answer of a trade is committed.
    func isComplete(_ task: Int64) async throws -> Bool {
        try await !stack.pool.query(Self.times, [.int(task)])[0].isNull(1)
    }

    /// Waits until the last answer of a trade is committed.
    func waitForAnswers(_ task: Int64) async throws -> Times {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            let row = try await stack.pool.query(Self.times, [.int(task)])[0]
            // The mark of the publication may be made after the last answer.
            if let completedAt = row.optionalTimestamp(1), let published = row.optionalTimestamp(2)
            {
                return Times(
                    acceptedAt: row.timestamp(0),
                    publishedAt: published,
                    completedAt: completedAt
                )
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Unusable(description: "task \(task) is not complete after 600 s")
    }

    /// Waits until no order is open, in no trade.
    func waitForFills() async throws {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            if try await stack.pool.query(Self.anyOpen)[0].bool(0) == false { return }
            // Seldom: it reads past every entry of that index that was dropped just now, and who
            // measures is not to be measured.
            try await Task.sleep(for: .milliseconds(500))
        }
        throw Unusable(description: "orders are open after 600 s")
    }

    /// How many orders of a trade are filled, and when the last of their fills was booked.
    func fills(of task: Int64) async throws -> (orders: Int64, lastAt: Int64) {
        let row = try await stack.pool.query(Self.filled, [.int(task)])[0]
        return (row.int(0), row.optionalTimestamp(1) ?? 0)
    }

    /// How many bytes the database has written to its log since it was made.
    func logBytes() async throws -> Int64 {
        try await stack.pool.query(Self.logPlace)[0].int(0)
    }

    /// Sells whatever is held of a symbol, and waits until nothing is open.
    func sellBack(_ symbol: String) async throws {
        let sale = try await submit(symbol, "SELL", percent: 100)
        _ = try await waitForAnswers(sale.task)
        try await waitForFills()
        let left = try await stack.pool.query(Self.held, [.text(symbol)])[0].int(0)
        guard left == 0 else {
            throw Unusable(description: "\(left) clients still hold \(symbol) after its sale")
        }
    }

    /// Microseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    private static let logPlace = PostgresStatement(
        "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
    )

    private static let times = PostgresStatement(
        "SELECT accepted_at, completed_at, published_at FROM bulk_task WHERE id = $1"
    )

    /// What is open has a next look, or its task waits for it; both have small indexes.
    private static let anyOpen = PostgresStatement(
        """
        SELECT EXISTS (SELECT FROM order_intent WHERE look_at IS NOT NULL)
            OR EXISTS (SELECT FROM bulk_task WHERE state <> 'COMPLETE')
        """
    )

    private static let filled = PostgresStatement(
        """
        SELECT count(DISTINCT i.id), max(f.booked_at)
        FROM order_intent i JOIN fill f ON f.intent_id = i.id
        WHERE i.task_id = $1 AND i.state = 'FILLED'
        """
    )

    private static let held = PostgresStatement(
        """
        SELECT count(*) FROM holding h JOIN instrument n ON n.id = h.instrument_id
        WHERE n.symbol = $1 AND h.quantity > 0 AND n.exchange = 'NSE'
        """
    )
}
