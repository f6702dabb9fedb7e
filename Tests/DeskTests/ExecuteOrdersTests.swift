import Desk
import DeskTesting
import Testing
import Trading

@Suite("Several orders of one message", .timeLimit(.minutes(2)))
struct ExecuteOrdersTests {
    @Test("Each is placed, and nothing is left for later")
    func all() async throws {
        let world = DeskWorld()
        let jobs = try await planned(5, in: world)
        let later = try await world.executing { try await $0(.dhan, jobs) }
        #expect(later.isEmpty)
        #expect(world.dhan.placements.count == 5)
        #expect(jobs.allSatisfy { world.store.intent($0.intent)?.state == .accepted })
    }

    @Test("Those that must wait wait together, apart by how long; the others are placed")
    func some() async throws {
        let world = DeskWorld()
        let jobs = try await planned(5, in: world)
        for (index, seconds) in [(1, 20), (2, 300), (4, 25)] {
            world.pacer.script([.after(.seconds(seconds))], for: try #require(jobs[index].account))
        }
        let later = try await world.executing { try await $0(.dhan, jobs) }
        #expect(
            later == [
                .ordersLater(.dhan, [jobs[1], jobs[4]], .seconds(25)),
                .ordersLater(.dhan, [jobs[2]], .seconds(300)),
            ]
        )
        #expect(world.dhan.placements.count == 2)
        #expect([1, 2, 4].allSatisfy { world.store.intent(jobs[$0].intent)?.state == .ready })
    }

    @Test("Where one fails all others end first; when the message comes again none is sent twice")
    func failure() async throws {
        let world = DeskWorld()
        let jobs = try await planned(5, in: world)
        world.store.fail("claim", with: .unavailable("gone"), times: 1)
        await #expect(throws: (any Error).self) {
            try await world.executing { try await $0(.dhan, jobs) }
        }
        let later = try await world.executing { try await $0(.dhan, jobs) }
        #expect(later.isEmpty)
        _ = try await world.executing { try await $0(.dhan, jobs) }
        #expect(world.dhan.placements.count == 5)
        #expect(Set(world.dhan.placements.map(\.reference)).count == 5)
    }

    private func planned(_ count: Int, in world: DeskWorld) async throws -> [OrderJob] {
        let clients = world.addClients(count)
        return try await world.planned(world.order(clients: .named(clients)))
    }
}
