import Desk
import DeskTesting
import Synchronization
import Testing
import Trading

@Suite("Orders leave from the account's own address", .timeLimit(.minutes(2)))
struct EgressTests {
    /// A machine that lacks some addresses.
    private final class Machine: EgressProbe {
        private let lacking: Mutex<Set<String>>

        init(lacking: Set<String>) { self.lacking = Mutex(lacking) }

        func gets(_ address: String) { lacking.withLock { _ = $0.remove(address) } }

        func obstacle(_ egress: EgressPlace) async -> String? {
            guard case .address(let text) = egress, lacking.withLock({ $0.contains(text) }) else {
                return nil
            }
            return "address \(text) is not one of this machine's"
        }
    }

    private func job(_ world: DeskWorld, egress: String?) async throws -> OrderJob {
        let client = world.store.addClient(
            "ONE",
            of: world.trader,
            broker: .dhan,
            egress: egress
        )
        let jobs = try await world.planned(world.order(clients: .named([client])))
        return try #require(jobs.first)
    }

    @Test("From an address that this machine lacks nothing is sent, and the broker is not blamed")
    func lacking() async throws {
        let world = DeskWorld()
        let machine = Machine(lacking: ["10.0.0.7"])
        let job = try await job(world, egress: "10.0.0.7")
        _ = try await world.executing(egress: machine) { try await $0(job) }
        #expect(world.dhan.placements.isEmpty)
        #expect(world.gate.silences.isEmpty && world.gate.answers.isEmpty)
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .ready && intent.held == .zero)
        // Another machine, or this one once it has the address, may send it.
        machine.gets("10.0.0.7")
        _ = try await world.executing(egress: machine) { try await $0(job) }
        #expect(world.dhan.placements.map(\.session.egress) == ["10.0.0.7"])
        #expect(world.store.intent(job.intent)?.state == .accepted)
    }

    @Test("An order that no machine can send is given up, and says which address was missing")
    func givenUp() async throws {
        let world = DeskWorld()
        let machine = Machine(lacking: ["10.0.0.7"])
        let job = try await job(world, egress: "10.0.0.7")
        for _ in 0..<20 { _ = try await world.executing(egress: machine) { try await $0(job) } }
        let intent = try #require(world.store.intent(job.intent))
        #expect(intent.state == .rejected && intent.reason == .neverSent && intent.held == .zero)
        #expect(intent.note?.contains("10.0.0.7") == true)
        #expect(world.dhan.placements.isEmpty)
    }

    @Test("What is set as egress and is none, is no way out")
    func nonsense() async throws {
        let world = DeskWorld()
        let job = try await job(world, egress: "eth0 please")
        _ = try await world.executing(egress: Machine(lacking: [])) { try await $0(job) }
        #expect(world.dhan.placements.isEmpty)
        #expect(world.store.intent(job.intent)?.state == .ready)
    }

    @Test("Where accounts must have an address, one without is skipped before anything is sent")
    func required() async throws {
        let world = DeskWorld()
        world.store.requireEgress()
        let with = world.store.addClient("W", of: world.trader, broker: .dhan, egress: "10.0.0.7")
        let without = world.store.addClient("O", of: world.trader, broker: .dhan)
        let paper = world.store.addClient("P", of: world.trader)
        let task = try await world.accept(world.order(clients: .named([with, without, paper])))
        let jobs = try await world.store.plan(task, referencePrice: nil, marketOpen: true)
        #expect(jobs.count == 2)
        let intents = world.store.intents(of: task)
        let skipped = intents.first { $0.client == without }
        #expect(skipped?.state == .skipped && skipped?.reason == .egressMissing)
    }

    @Test("An address that the broker does not list shows in readiness, and refuses orders")
    func notRegistered() async throws {
        let world = DeskWorld()
        let services = MemoryBrokerServices()
        services.set { $0.addresses = Self.list("10.0.0.1") }
        world.dhan.set { $0.services = services.services }
        let right = world.store.addClient("R", of: world.trader, broker: .dhan, egress: "10.0.0.1")
        let wrong = world.store.addClient("W", of: world.trader, broker: .dhan, egress: "10.0.0.2")
        // Planned while nobody knew.
        let planned = try await world.planned(world.order(clients: .named([wrong])))
        #expect(try await check(world)() == [.good: 2])
        let rows = try await readiness(world).rows
        #expect(rows.map(\.client) == [wrong] && rows.map(\.state) == [.wrongAddress])
        #expect(rows.first?.words?.contains("10.0.0.1") == true)

        let task = try await world.accept(
            world.order(key: "later", clients: .named([right, wrong]))
        )
        _ = try await world.store.plan(task, referencePrice: nil, marketOpen: true)
        let skipped = world.store.intents(of: task).first { $0.client == wrong }
        #expect(skipped?.reason == .egressNotRegistered)
        // The one that was planned before is refused at the last moment.
        let job = try #require(planned.first)
        _ = try await world.executing { try await $0(job) }
        #expect(world.store.intent(job.intent)?.reason == .egressNotRegistered)
        #expect(world.dhan.placements.isEmpty)

        // Registered meanwhile at the broker: it is asked again without anybody's doing.
        services.set { $0.addresses = Self.list("10.0.0.1", "10.0.0.2") }
        world.clock.advance(by: .seconds(301))
        #expect(try await check(world)() == [.good: 1])
        #expect(try await readiness(world).rows.isEmpty)
    }

    @Test("A broker that does not say, or cannot be asked, leaves the address as it was known")
    func silent() async throws {
        let world = DeskWorld()
        let services = MemoryBrokerServices()
        services.set { $0.failure = .unreachable("HTTP 502") }
        world.dhan.set { $0.services = services.services }
        _ = world.store.addClient("R", of: world.trader, broker: .dhan, egress: "10.0.0.1")
        #expect(try await check(world)() == [.good: 1])
        #expect(try await readiness(world).rows.isEmpty)
    }

    private static func list(_ primary: String, _ secondary: String? = nil) -> AddressList {
        AddressList(primary: primary, secondary: secondary, changed: nil, seenFrom: nil)
    }

    private func check(_ world: DeskWorld) -> CheckSessions {
        CheckSessions(
            store: world.store,
            accounts: world.store,
            brokers: world.brokers,
            market: .exchange,
            clock: world.clock
        )
    }

    private func readiness(_ world: DeskWorld) async throws -> Readiness {
        try await world.store.readiness(
            ReadinessQuery(
                trader: world.trader,
                broker: nil,
                state: nil,
                now: world.clock.now(),
                close: nil,
                after: nil,
                limit: 100
            )
        )
    }
}
