import Desk
import Fuzzing
import Postgres
import Trading

@testable import PostgresStore

/// The day's end: whatever is open is brought to its end by what the broker has.
extension StoryWorld {
    /// So many rounds are enough: an order that cannot be sent is given up after twenty.
    private static let mostRounds = 40

    func end(_ chance: inout FuzzRandom) async throws {
        for _ in 0..<Self.mostRounds {
            let attempts = with { hands in
                defer { hands.sent = [] }
                return hands.sent
            }
            try await answer(attempts)
            let orders = try await desk.pool.query(Self.open)
            let changes = try await desk.pool.query(Self.changing).map { IntentID($0.int(0)) }
            guard !orders.isEmpty || !changes.isEmpty || !attempts.isEmpty else { break }
            try await settle(orders, &chance)
            try await settle(changes)
        }
        let all = with { hands in hands.broker.orders.map(\.intent) }
        try await desk.orders.apply(with { hands in all.compactMap { hands.broker.books($0) } })
        _ = try await desk.trades.complete(Array(with(\.trades).keys))
    }

    private static let open = PostgresStatement(
        """
        SELECT id, task_id, broker, account_id, state FROM order_intent
        WHERE state IN ('READY', 'SENDING', 'UNKNOWN', 'ACCEPTED', 'OPEN', 'PARTLY_FILLED',
                        'CANCEL_REQUESTED')
        ORDER BY id
        """
    )
    private static let changing = PostgresStatement(
        "SELECT intent_id FROM modification WHERE state IN ('ASKED', 'SENDING', 'UNKNOWN')"
    )
    private static let late = PostgresStatement(
        "UPDATE order_attempt SET lease_until = now() - interval '1 s' WHERE state = 'SENDING'"
    )
    private static let lateChange = PostgresStatement(
        "UPDATE modification SET lease_until = now() - interval '1 s' WHERE state = 'SENDING'"
    )

    private func settle(_ rows: PostgresRows, _ chance: inout FuzzRandom) async throws {
        let jobs = try OrderJob.reading(rows)
        let states = rows.map { $0.text(4) }
        let ready = zip(jobs, states).filter { $1 == "READY" }.map(\.0)
        try await send(ready, ready.map { _ in .accepted })
        _ = try await desk.pool.query(Self.late)
        let unsure = zip(jobs, states).filter { ["SENDING", "UNKNOWN"].contains($1) }
        let doubts = try await desk.orders.doubts(unsure.map(\.0.intent))
        try await desk.orders.resolve(
            doubts.map { doubt in
                with { $0.finding(doubt, isSure: true, resends: false) }
            }
        )
        let books = with { hands in
            jobs.compactMap { job -> BookedOrder? in
                hands.broker.finish(job.intent, &chance)
                return hands.broker.books(job.intent)
            }
        }
        try await desk.orders.apply(books)
    }

    private func settle(_ changes: [IntentID]) async throws {
        _ = try await desk.pool.query(Self.lateChange)
        let lease = Lease(worker: "test", duration: .zero)
        for change in try await desk.orders.openModifications(changes) {
            if change.state == .asked {
                _ = try await desk.orders.claim([change], obstacle: .marketClosed, lease: lease)
            } else {
                try await ask(change, isSure: true)
            }
        }
    }
}
