import Desk
import Redis
import RedisCache
import ServerTesting
import Testing
import Trading

@Suite("Redis progress board", .needs(.redis), .timeLimit(.minutes(20)))
struct RedisProgressBoardTests {
    private let clock = HandClock()
    private let task = TaskID(7)

    private func board(_ redis: RedisClient, _ bench: RedisBench) -> RedisProgressBoard {
        RedisProgressBoard(redis: redis, prefix: bench.prefix, clock: clock)
    }

    @Test("A bell rung in one process reaches every watcher in another, each of its own task")
    func rings() async throws {
        try await RedisBench.run { bench in
            let here = board(bench.one, bench)
            let there = board(bench.other, bench)
            var first = there.bells(task).makeAsyncIterator()
            var second = there.bells(task).makeAsyncIterator()
            var stranger = there.bells(TaskID(8)).makeAsyncIterator()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await there.run() }
                // Whoever begins to listen may have missed bells, so everybody looks once.
                #expect(await first.next() != nil)
                #expect(await second.next() != nil)
                #expect(await stranger.next() != nil)
                await here.ring([TaskID(99), task])
                #expect(await first.next() != nil)
                #expect(await second.next() != nil)
                await here.ring([TaskID(8)])
                #expect(await stranger.next() != nil)
                group.cancelAll()
            }
        }
    }

    @Test("A watcher that has gone does not keep the others from hearing")
    func goneWatcher() async throws {
        try await RedisBench.run { bench in
            let there = board(bench.other, bench)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await there.run() }
                for await _ in there.bells(TaskID(9)).prefix(0) {}
                var stays = there.bells(task).makeAsyncIterator()
                await withTaskGroup(of: Void.self) { watchers in
                    watchers.addTask { for await _ in there.bells(task) {} }
                    watchers.cancelAll()
                }
                await board(bench.one, bench).ring([task])
                #expect(await stays.next() != nil)
                group.cancelAll()
            }
        }
    }

    @Test("A copy is kept for other processes as it is, until it is too old")
    func copies() async throws {
        try await RedisBench.run { bench in
            let here = board(bench.one, bench)
            let there = board(bench.other, bench)
            #expect(await there.progress(task, maximumAge: .seconds(1)) == nil)
            let copy = Array(#"{"state": "RUNNING", "counts": {}}"#.utf8) + [0, 0xFF, 0x20]
            await here.keep(copy, of: task)
            #expect(await there.progress(task, maximumAge: .seconds(1)) == copy)
            #expect(await there.progress(TaskID(8), maximumAge: .seconds(1)) == nil)
            clock.advance(milliseconds: 1_000)
            #expect(await there.progress(task, maximumAge: .seconds(1)) == copy)
            clock.advance(milliseconds: 1)
            #expect(await there.progress(task, maximumAge: .seconds(1)) == nil)
            await here.keep([], of: task)
            #expect(await there.progress(task, maximumAge: .seconds(1)) == [])
        }
    }

    @Test("Without Redis nothing is heard and nothing is kept, and nobody waits")
    func withoutRedis() async throws {
        let redis = RedisClient(try RedisConfiguration(url: "redis://127.0.0.1:1/0"))
        let board = RedisProgressBoard(redis: redis, clock: clock)
        await board.ring([task])
        await board.keep([1], of: task)
        #expect(await board.progress(task, maximumAge: .seconds(60)) == nil)
        await redis.close()
    }
}
