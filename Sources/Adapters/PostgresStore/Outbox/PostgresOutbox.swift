package import Desk
package import Postgres
package import Trading

/// Messages that were decided in a transaction, until the queue holds them.
package struct PostgresOutbox: Outbox {
    /// A row that one relay was given is not given to another for so long.
    private static let turn = Duration.seconds(10)
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    private static let take = PostgresStatement(
        """
        WITH due AS (
            SELECT id FROM outbox
            WHERE created_at <= now() - $1::bigint * interval '1 microsecond'
              AND (taken_until IS NULL OR taken_until <= now())
            ORDER BY id LIMIT $2::bigint
            FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox AS o
        SET taken_until = now() + $3::bigint * interval '1 microsecond'
        FROM due WHERE o.id = due.id
        RETURNING o.id, o.task_id
        """
    )
    private static let giveBackRows = PostgresStatement(
        "UPDATE outbox SET taken_until = NULL WHERE id = ANY ($1::bigint[])"
    )
    private static let deleteRows = PostgresStatement(
        "DELETE FROM outbox WHERE id = ANY ($1::bigint[])"
    )
    private static let deletePlan = PostgresStatement(
        "DELETE FROM outbox WHERE kind = 'plan' AND task_id = $1"
    )

    package func pending(olderThan age: Duration, limit: Int) async throws(StoreFailure)
        -> [OutboxRow]
    {
        try await pool.ask(
            Self.take,
            [.int(age.microseconds), .int(Int64(limit)), .int(Self.turn.microseconds)]
        )
        .map { OutboxRow(id: $0.int(0), message: .plan(ID($0.int(1)))) }
        .sorted { $0.id < $1.id }
    }

    package func giveBack(_ rows: [Int64]) async throws(StoreFailure) {
        guard !rows.isEmpty else { return }
        _ = try await pool.ask(Self.giveBackRows, [.ints(rows)])
    }

    package func delete(_ rows: [Int64]) async throws(StoreFailure) {
        guard !rows.isEmpty else { return }
        _ = try await pool.ask(Self.deleteRows, [.ints(rows)])
    }

    package func delete(planOf task: TaskID) async throws(StoreFailure) {
        _ = try await pool.ask(Self.deletePlan, [.int(task.raw)])
    }

    package func bells() -> AsyncStream<Void> {
        let bell = OutboxBell(pool: pool)
        return AsyncStream { await bell.next() }
    }
}
