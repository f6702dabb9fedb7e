import Desk
import DeskTesting
import Testing
import Trading

@Suite("Orders above the freeze quantity", .timeLimit(.minutes(2)))
struct SlicingTests {
    /// A world whose exchange takes four shares in one order.
    private static func frozen(_ quantity: Int64) async throws -> (DeskWorld, OrderJob) {
        let world = DeskWorld()
        let share = world.store.addInstrument("FROZEN", freeze: 4)
        _ = world.store.addClient("ONE", of: world.trader, broker: .dhan)
        let terms = OrderTerms(
            instrument: share,
            side: .buy,
            type: .limit,
            product: .delivery,
            validity: .day,
            price: DeskWorld.price,
            trigger: nil
        )
        let order = Submission(
            trader: world.trader,
            user: UserID(1),
            idempotencyKey: "k",
            bodyHash: [1],
            terms: terms,
            sizing: .quantity(Quantity(quantity)),
            clients: .all
        )
        let job = try #require(try await world.planned(order).first)
        return (world, job)
    }

    @Test("Each slice is an order of its own, with its own reference, placed once")
    func sliced() async throws {
        let (world, job) = try await Self.frozen(10)
        _ = try await world.executing { execute in
            _ = try await execute(job)
            // Those that the claim put in the queue, and once more as the queue may.
            for _ in 0..<2 {
                for case .order(let slice, true) in world.queue.published {
                    _ = try await execute(slice)
                }
            }
        }
        #expect(world.dhan.placements.map(\.quantity.raw) == [4, 4, 2])
        #expect(Set(world.dhan.placements.map(\.reference)).count == 3)
        let intents = world.store.intents(of: job.task)
        #expect(intents.map(\.leg) == [0, 1, 2])
        #expect(intents.allSatisfy { $0.state == .accepted })
        let funds = try world.funds(job)
        #expect(funds.held == Money(paise: 100_000) && funds.isBalanced)
    }

    @Test("A slice whose message is lost is brought by the sweep, and a trade waits for all")
    func swept() async throws {
        let (world, job) = try await Self.frozen(6)
        _ = try await world.executing { try await $0(job) }
        #expect(try await world.store.trade(job.task)?.state != .complete)
        let count = world.queue.published.count
        world.clock.advance(by: .seconds(200))
        _ = try await world.sweep().sweep()
        let brought = world.queue.published.dropFirst(count)
        let slice = try #require(
            world.store.intents(of: job.task).first { $0.leg == 1 }
        )
        #expect(
            brought.contains { message in
                if case .order(let job, _) = message { job.intent == slice.id } else { false }
            }
        )
    }

    @Test("A first slice that did not leave is claimed again as the same slice, and cut no more")
    func again() async throws {
        let (world, job) = try await Self.frozen(10)
        world.dhan.set { $0.place = { _ in .notSent("no route") } }
        _ = try await world.executing { try await $0(job) }
        world.dhan.set { $0.place = { .accepted(brokerOrderID: "B" + $0.reference) } }
        _ = try await world.executing { try await $0(job) }
        #expect(world.dhan.placements.map(\.quantity.raw) == [4, 4])
        #expect(world.store.intents(of: job.task).count == 3)
    }

    @Test("A cancel of the trade withdraws the slices that were not sent")
    func cancelled() async throws {
        let (world, job) = try await Self.frozen(10)
        _ = try await world.executing { try await $0(job) }
        _ = try await world.cancel(.task(job.task))
        let states = world.store.intents(of: job.task).map(\.state)
        #expect(states == [.cancelRequested, .skipped, .skipped])
    }

    @Test("A cancel of any slice is one of the whole order, and of no other client's")
    func cancelledBySlice() async throws {
        let (world, job) = try await Self.frozen(10)
        _ = try await world.executing { try await $0(job) }
        let last = try #require(world.store.intents(of: job.task).last)
        _ = try await world.cancel(.order(last.id))
        let states = world.store.intents(of: job.task).map(\.state)
        #expect(states == [.cancelRequested, .skipped, .skipped])
    }
}
