import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OutboxTests {
    @Test func aRowIsGivenToOneRelayUntilItIsDeleted() async throws {
        try await OrdersDesk.open { desk in
            for key in ["a", "b", "c"] {
                _ = try await desk.trades.submit(desk.submission(key: key))
            }
            #expect(try await desk.outbox.pending(olderThan: .seconds(60), limit: 9).isEmpty)
            let first = try await desk.outbox.pending(olderThan: .zero, limit: 2)
            let second = try await desk.outbox.pending(olderThan: .zero, limit: 9)
            #expect(first.count == 2 && second.count == 1)
            #expect(try await desk.outbox.pending(olderThan: .zero, limit: 9).isEmpty)

            // A relay that died with its rows leaves them to the next.
            try await desk.run("UPDATE outbox SET taken_until = now()")
            let again = try await desk.outbox.pending(olderThan: .zero, limit: 9)
            #expect(again.map(\.id) == (first + second).map(\.id))
            try await desk.outbox.delete([again[0].id])
            // What the queue did not take, the next relay may try at once.
            try await desk.outbox.giveBack([again[2].id])
            let once = try await desk.outbox.pending(olderThan: .zero, limit: 9)
            #expect(once.map(\.id) == [again[2].id])
            guard case .plan(let task) = again[1].message else {
                Issue.record("\(again[1])")
                return
            }
            try await desk.outbox.delete(planOf: task)
            #expect(try await desk.number("SELECT count(*) FROM outbox") == 1)
        }
    }

    @Test(.timeLimit(.minutes(20))) func theBellRingsAgainThoughNothingIsAdded() async throws {
        try await OrdersDesk.open { desk in
            var bells = desk.outbox.bells().makeAsyncIterator()
            // At first, when listening has begun, and then by itself.
            for _ in 1...3 { #expect(await bells.next() != nil) }
        }
    }

    @Test(.timeLimit(.minutes(20))) func aSubmitRings() async throws {
        try await OrdersDesk.open { desk in
            var bells = desk.outbox.bells().makeAsyncIterator()
            // The first ring says: look at what is there.
            #expect(await bells.next() != nil)
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Again and again, since nobody tells when the listener is there.
                    for number in 0... {
                        _ = try await desk.trades.submit(desk.submission(key: "k\(number)"))
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                #expect(await bells.next() != nil)
                group.cancelAll()
            }
        }
    }
}
