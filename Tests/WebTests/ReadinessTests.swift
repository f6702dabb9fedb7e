import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Readiness", .timeLimit(.minutes(20)))
struct ReadinessTests {
    private static let path = "/api/v1/readiness"

    @Test("A trader sees which own accounts are not ready, and why; an admin sees all")
    func own() async throws {
        try await WebWorld.serving { world in
            let mine = world.store.addClient("A", of: world.traderID, broker: .dhan)
            let other = try #require(world.other.trader)
            _ = world.store.addClient("B", of: other, broker: .dhan)
            let answer = try await world.ask("GET", Self.path, as: world.trader)
            #expect(answer.status == 200)
            let rows = answer.json["accounts"]?.array ?? []
            #expect(rows.map { $0["client_id"]?.int64 } == [mine.raw])
            #expect(rows.first?["state"]?.string == "unchecked")
            #expect(rows.first?["meaning"]?.string?.isEmpty == false)
            let all = try await world.ask("GET", Self.path, as: world.admin)
            #expect(all.json["counts"]?[0]?["accounts"]?.int64 == 2)
            let none = try await world.ask("GET", Self.path + "?state=refused", as: world.admin)
            #expect(none.json["accounts"]?.array?.isEmpty == true)
            try await world.ask("GET", Self.path).expectProblem(401, "not_logged_in")
            let client = world.clientUser(mine)
            #expect(try await world.ask("GET", Self.path, as: client).status == 403)
        }
    }

    @Test("A word that is no broker or state is refused by name", arguments: ["broker", "state"])
    func words(_ name: String) async throws {
        try await WebWorld.serving { world in
            let answer = try await world.ask("GET", Self.path + "?\(name)=nse", as: world.admin)
            #expect(answer.status == 422 || answer.status == 400)
            #expect(answer.json["field"]?.string == name)
        }
    }

    @Test("A token without an end gets the end that its broker gives to all")
    func end() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("A", of: world.traderID)
            let path = "/api/v1/clients/\(client.raw)/broker-accounts"
            let answer = try await world.ask(
                "PUT",
                path,
                as: world.trader,
                #"{"broker":"dhan","broker_client_id":"1000000009","access_token":"t"}"#
            )
            #expect(answer.status == 200)
            let account = try await world.store.client(client)?.accounts.first
            #expect(account?.sessionEnds == world.clock.now().advanced(by: .seconds(86_400)))
        }
    }
}
