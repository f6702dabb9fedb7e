import Desk
import Postgres
import ServerTesting
import Synchronization
import Testing

@testable import PostgresStore

@Suite(.needs(.postgres), .timeLimit(.minutes(10))) struct WorkerRosterTests {
    /// A clock that only the test moves.
    private final class Hand: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
    }

    private func start(_ roster: PostgresWorkerRoster) -> Task<Void, Never> {
        Task { await roster.run(every: .milliseconds(5)) }
    }

    /// Waits until all have read after the clock was moved on.
    private func places(_ rosters: [PostgresWorkerRoster], _ hand: Hand) async throws
        -> [WorkerPlace]
    {
        var places: [WorkerPlace] = []
        try await eventually {
            hand.advance(.milliseconds(100))
            places = rosters.compactMap { $0.place() }
            // All know, and of the same number.
            return places.count == rosters.count && Set(places.map(\.count)).count == 1
        }
        return places
    }

    @Test func workersKnowTheirPlacesAndNoticeWhoComesAndGoes() async throws {
        try await TestDatabase.withPool(size: 4) { pool in
            let hand = Hand()
            let rosters = (0..<3).map { _ in PostgresWorkerRoster(pool: pool, now: { hand.now }) }
            #expect(rosters[0].place() == nil)
            var tasks = rosters.prefix(2).map(start)
            let two = try await places(Array(rosters.prefix(2)), hand)
            #expect(two.map(\.place).sorted() == [0, 1] && two[0].count == 2)

            // A third makes all uncertain before any of them tells a place of three.
            tasks.append(start(rosters[2]))
            try await eventually { rosters[0].place() == nil && rosters[1].place() == nil }
            #expect(rosters[2].place() == nil)
            let three = try await places(rosters, hand)
            #expect(three.map(\.place).sorted() == [0, 1, 2] && three[0].count == 3)

            tasks[0].cancel()
            await tasks[0].value
            #expect(rosters[0].place() == nil)
            try await eventually { rosters[1].place() == nil && rosters[2].place() == nil }
            let left = try await places(Array(rosters.dropFirst()), hand)
            #expect(left.map(\.place).sorted() == [0, 1] && left[0].count == 2)
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
        }
    }

    @Test func aPlaceIsToldNoLongerThanItCanBeTrusted() async throws {
        try await TestDatabase.withPool(size: 2) { pool in
            let hand = Hand()
            let roster = PostgresWorkerRoster(pool: pool, now: { hand.now })
            let task = Task { await roster.run(every: .seconds(3_600)) }
            // One reading, and the next an hour later.
            try await eventually { roster.hasRead }
            #expect(roster.place() == nil, "not settled yet")
            hand.advance(.seconds(10))
            #expect(roster.place() == nil, "read too long ago")
            task.cancel()
            await task.value
        }
    }
}
