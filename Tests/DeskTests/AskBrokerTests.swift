import Desk
import DeskTesting
import Testing
import Trading

@Suite("Asking brokers about accounts", .timeLimit(.minutes(2)))
struct AskBrokerTests {
    private struct Scene {
        let world = DeskWorld()
        let services = MemoryBrokerServices()
        let ask: AskBroker
        let account: BrokerAccount
        let action: BrokerAction
        let actor = Actor(user: UserID(1), address: "10.1.1.1")

        init() async throws {
            world.dhan.set { [services] in $0.services = services.services }
            ask = AskBroker(
                accounts: world.store,
                actions: world.store,
                brokers: world.brokers
            )
            let client = world.store.addClient("ONE", of: world.trader, broker: .dhan)
            account = try #require(try await world.store.client(client)?.accounts.first)
            action = BrokerAction(
                .killSwitch,
                of: account,
                trader: world.trader,
                reason: "lost control",
                inputs: [("on", "true")]
            )
        }

        func kill() async throws {
            _ = try await ask.change(action, by: actor, { $0.killSwitch }) {
                service,
                session throws(BrokerFailure) in
                try await service.setKillSwitch(on: true, segments: [], session)
            }
        }

        var stages: [BrokerAction.Stage] { world.store.brokerActions.map(\.action.stage) }
    }

    @Test("A change is written down before it is asked for, and again with what came of it")
    func audited() async throws {
        let scene = try await Scene()
        try await scene.kill()
        #expect(scene.services.now.isKilled)
        #expect(scene.stages == [.begun, .done])
        #expect(scene.world.store.brokerActions.allSatisfy { $0.actor == scene.actor })
        #expect(scene.world.store.brokerActions.allSatisfy { $0.action.reason == "lost control" })
    }

    @Test("What the broker refuses, or does not answer, is written down as such")
    func failures() async throws {
        for failure in [
            BrokerFailure.refused(code: "DH-906", words: "close all positions first"),
            .unreachable("it may be done or not"), .limited(retryAfter: .seconds(1)),
        ] {
            let scene = try await Scene()
            scene.services.set { $0.failure = failure }
            await #expect(throws: AskBroker.Failure.broker(failure)) { try await scene.kill() }
            #expect(scene.stages == [.begun, .failed(failure.words)])
        }
    }

    @Test("Nothing is asked for that could not be written down first")
    func logFirst() async throws {
        let scene = try await Scene()
        scene.world.store.fail("note", with: .unavailable("down"))
        await #expect(throws: StoreFailure.self) { try await scene.kill() }
        #expect(!scene.services.now.isKilled)
    }

    @Test("A session that the broker calls over is marked, as by an order")
    func sessionEnd() async throws {
        let scene = try await Scene()
        scene.services.set { $0.failure = .sessionEnded("DH-901") }
        await #expect(throws: AskBroker.Failure.self) {
            _ = try await scene.ask(scene.account, { $0.profile }) {
                service,
                session throws(BrokerFailure) in
                try await service.profile(session)
            }
        }
        let client = try await scene.world.store.client(scene.account.client)
        #expect(client?.accounts.first?.status == .expired)
        // From then on the broker is not even asked.
        scene.services.set { $0.failure = nil }
        await #expect(throws: AskBroker.Failure.noSession) { try await scene.kill() }
        #expect(scene.stages.isEmpty)
    }

    @Test("What a broker has no call for is said to be so, and nothing is written")
    func notOffered() async throws {
        let scene = try await Scene()
        scene.world.dhan.set { $0.services = BrokerServices() }
        await #expect(throws: AskBroker.Failure.notOffered) { try await scene.kill() }
        #expect(scene.stages.isEmpty)
    }
}
