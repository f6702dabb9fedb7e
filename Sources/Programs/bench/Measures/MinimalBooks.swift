import HTTPClient
import JSON
import Postgres

/// The two tables of who does only the least for an order, beside Volley's; and what a broker that
/// they have for themselves has booked.
struct MinimalBooks: Sendable {
    private let pool: PostgresPool
    private let broker: String
    private let http: HTTPClient

    init(_ stack: MeasuredStack, broker: String) async throws {
        pool = stack.pool
        http = stack.http
        self.broker = broker
        try await pool.withConnection { try await $0.execute(script: Self.tables) }
    }

    /// Accounts for so many new orders; the orders' numbers are the accounts'.
    func prepare(orders: Int) async throws -> Range<Int64> {
        let first = try await pool.query(Self.prepare, [.int(Int64(orders))])[0].int(0) + 1
        return first..<(first + Int64(orders))
    }

    /// How many of these orders have their answer on record.
    func recorded(_ orders: Range<Int64>) async throws -> Int64 {
        try await pool.query(Self.recorded, [.int(orders.lowerBound)])[0].int(0)
    }

    /// Every order is recorded and booked once, or the figure is of something else.
    func problem(_ orders: Range<Int64>) async throws -> String? {
        let recorded = try await recorded(orders)
        let request = HTTPRequest(
            method: "GET",
            url: broker + "/control/ledger/summary",
            repeatable: true
        )
        let summary = try JSONValue(parsing: try await http.send(request).body)
        let (booked, doubles) = (summary["booked"]?.int64, summary["duplicates"]?.int64)
        guard recorded == orders.count, booked == orders.upperBound - 1, doubles == 0 else {
            return
                "\(recorded) of \(orders.count) minimal orders are recorded; their broker has "
                + "booked \(booked ?? -1) in all, \(doubles ?? -1) of them twice"
        }
        return nil
    }

    private static let tables = """
        CREATE TABLE minimal_account (id bigint PRIMARY KEY, held bigint NOT NULL)
            WITH (fillfactor = 60);
        CREATE TABLE minimal_order (
            id bigint PRIMARY KEY, reference text NOT NULL UNIQUE, state text NOT NULL,
            broker_order_id text
        ) WITH (fillfactor = 70);
        """

    /// New accounts, $1 of them; what was the highest number before.
    private static let prepare = PostgresStatement(
        """
        WITH last AS (SELECT coalesce(max(id), 0) AS id FROM minimal_account), made AS (
            INSERT INTO minimal_account
            SELECT last.id + n, 0 FROM last, generate_series(1, $1::bigint) AS n
        )
        SELECT id FROM last
        """
    )
    private static let recorded = PostgresStatement(
        "SELECT count(*) FROM minimal_order WHERE id >= $1 AND state = 'ACCEPTED'"
    )
}
