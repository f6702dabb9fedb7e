package import Desk
package import Postgres
import Synchronization

/// The living workers, each by an advisory lock that lives as long as its connection.
///
/// All see the same list in the database, though not at the same moment. A place is therefore told
/// only while the list was read within `trust` and has not changed for `settling`, which is longer:
/// whoever came or went within that time is known to everybody who tells a place.
package final class PostgresWorkerRoster: WorkerRoster {
    private static let trust: Duration = .seconds(3)
    private static let settling: Duration = .seconds(6)

    private static let sit = PostgresStatement(
        "SELECT pg_try_advisory_lock(hashtext('volley workers') & 2147483647, ($1::bigint)::int)"
    )
    private static let rise = PostgresStatement(
        "SELECT pg_advisory_unlock(hashtext('volley workers') & 2147483647, ($1::bigint)::int)"
    )
    private static let seats = PostgresStatement(
        """
        SELECT objid::bigint FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 2
          AND classid::bigint = (hashtext('volley workers') & 2147483647)::bigint
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        ORDER BY 1
        """
    )

    private struct View {
        let seat: Int64
        var seats: [Int64]
        var since: ContinuousClock.Instant
        var readAt: ContinuousClock.Instant
    }

    private let pool: PostgresPool
    private let now: @Sendable () -> ContinuousClock.Instant
    private let view = Mutex<View?>(nil)

    package init(
        pool: PostgresPool,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.pool = pool
        self.now = now
    }

    package func place() -> WorkerPlace? {
        let now = now()
        return view.withLock { view in
            guard let view, view.readAt.duration(to: now) <= Self.trust,
                view.since.duration(to: now) >= Self.settling,
                let place = view.seats.firstIndex(of: view.seat)
            else { return nil }
            return WorkerPlace(place, of: view.seats.count)
        }
    }

    /// Whether the list was read since the seat was taken.
    var hasRead: Bool { view.withLock { $0 != nil } }

    /// Keeps a seat and reads who has one every `interval`, until cancelled.
    package func run(every interval: Duration = .seconds(1)) async {
        while !Task.isCancelled {
            _ = try? await pool.withConnection { try await keepSeat(on: $0, interval) }
            // With the connection the seat is gone, and others may have noticed already.
            view.withLock { $0 = nil }
            try? await Task.sleep(for: interval)
        }
    }

    private func keepSeat(on connection: PostgresConnection, _ interval: Duration) async throws {
        let seat = Int64.random(in: 1...Int64(Int32.max))
        guard try await connection.query(Self.sit, [.int(seat)])[0].bool(0) else { return }
        let ending: Result<Void, any Error>
        do {
            ending = .success(try await watch(from: seat, on: connection, interval))
        } catch {
            ending = .failure(error)
        }
        // The connection goes back to the pool, so the seat must be given up also when cancelled.
        await Task { _ = try? await connection.query(Self.rise, [.int(seat)]) }.value
        try ending.get()
    }

    private func watch(
        from seat: Int64,
        on connection: PostgresConnection,
        _ interval: Duration
    ) async throws {
        while !Task.isCancelled {
            // From before the reading, so that trust in it ends early rather than late.
            let asked = now()
            let seats = try await connection.query(Self.seats).map { $0.int(0) }
            view.withLock { view in
                if view?.seats == seats, view?.seat == seat {
                    view?.readAt = asked
                } else {
                    view = View(seat: seat, seats: seats, since: now(), readAt: asked)
                }
            }
            guard (try? await Task.sleep(for: interval)) != nil else { return }
        }
    }
}
