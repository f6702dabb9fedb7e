import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Brokers", .timeLimit(.minutes(20)))
struct BrokerTests {
    private func health(_ world: WebWorld) async throws -> JSONValue? {
        try await world.ask("GET", "/api/v1/brokers", as: world.trader)
            .json["brokers"]?[0]?["health"]
    }

    @Test("Whoever is logged in sees what brokers can do, and nobody else")
    func capabilities() async throws {
        try await WebWorld.serving { world in
            #expect(try await world.ask("GET", "/api/v1/brokers").status == 401)
            let answer = try await world.ask("GET", "/api/v1/brokers", as: world.trader)
            #expect(answer.status == 200)
            let broker = answer.json["brokers"]?[0]
            #expect(broker?["broker"]?.string == "dhan")
            #expect(broker?["can"]?["cancel"]?.string == "native")
            #expect(broker?["can"]?["cancel_all"]?.string == "emulated")
            // The sample finds orders in the book alone, tells of fills when asked, and has no funds.
            #expect(broker?["can"]?["look_up"]?.string == "emulated")
            #expect(broker?["can"]?["order_updates"]?.string == "emulated")
            #expect(broker?["can"]?["funds"]?.string == "none")
            #expect(broker?["can"]?["depth"]?.string == "none")
            #expect(broker?["order_limits"]?[0]?["calls"]?.int64 == 8)
            // What a broker does not count apart is counted with all reads.
            #expect(broker?["quote_limits"]?[0]?["calls"]?.int64 == 20)
            #expect(broker?["visibility_lag_seconds"]?.int64 == 30)
        }
    }

    @Test("A broker's health is what its workers told last")
    func health() async throws {
        try await WebWorld.serving { world in
            let now = world.clock.now()
            let tell = { (worker: String, resting: Bool, answer: Int64?, silence: Int64?) in
                let health = BrokerHealth(
                    broker: .dhan,
                    isResting: resting,
                    silences: 0,
                    lastAnswer: answer.map { now.advanced(by: .seconds($0)) },
                    lastSilence: silence.map { now.advanced(by: .seconds($0)) }
                )
                await world.brokerHealth.tell([health], by: worker)
            }
            #expect(try await health(world)?["state"]?.string == "unknown")
            await tell("one", false, -1, -5)
            #expect(try await health(world)?["state"]?.string == "answering")
            await tell("two", false, nil, 0)
            #expect(try await health(world)?["state"]?.string == "silent")
            await tell("two", true, nil, 0)
            let resting = try await health(world)
            #expect(resting?["state"]?.string == "resting")
            #expect(resting?["workers"]?.int64 == 2 && resting?["workers_resting"]?.int64 == 1)
            // What nobody has repeated for long is no news.
            world.clock.advance(by: .seconds(16))
            #expect(try await health(world)?["state"]?.string == "unknown")
        }
    }
}

extension BrokerTraits {
    /// A broker with little to offer.
    static let sample = BrokerTraits(
        name: .dhan,
        referenceLength: 30,
        refusesDuplicates: false,
        refusals: [],
        lookUps: [.orderBook],
        visibilityLag: .seconds(30),
        abilities: [.cancel],
        orderLimits: [RateLimit(calls: 8, seconds: 1)],
        readLimits: [RateLimit(calls: 20, seconds: 1)],
        conditional: ConditionalTraits(
            kinds: [
                .single: .init(
                    products: [.delivery],
                    limits: .allowed,
                    showsReferences: false,
                    listsEnded: true
                ),
                .oneCancelsOther: .init(
                    products: [.delivery],
                    limits: .needed,
                    showsReferences: false,
                    listsEnded: true
                ),
            ],
            refusals: []
        )
    )
}
