import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Alerts over HTTP", .timeLimit(.minutes(5)))
struct AlertTests {
    @Test("One condition is one alert however often it is seen; it is acknowledged, and ends")
    func life() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("C1", of: world.traderID)
            let alert = Alert(
                kind: .manyMTFTrades,
                trader: world.traderID,
                client: client,
                text: "11 open MTF trades."
            )
            let judged = [JudgedCondition(kind: .manyMTFTrades, client: client)]
            #expect(try await world.store.keep([alert], judged: judged) == [alert])
            #expect(try await world.store.keep([alert], judged: judged).isEmpty)
            let list = try await world.ask("GET", "/api/v1/alerts", as: world.trader)
            let rows = try #require(list.json["alerts"]?.array)
            #expect(rows.count == 1)
            #expect(rows[0]["times_seen"]?.int64 == 2)
            #expect(rows[0]["text"]?.string == "11 open MTF trades.")
            let id = try #require(rows[0]["id"]?.int64)
            let path = "/api/v1/alerts/\(id)/ack"
            try await world.ask("POST", path, as: world.other).expectProblem(404, "not_found")
            let seen = try await world.ask("POST", path, as: world.trader)
            #expect(seen.json["acknowledged_by"]?.int64 == world.trader.user.raw)
            let again = try await world.ask("POST", path, as: world.admin)
            #expect(again.json["acknowledged_by"]?.int64 == world.trader.user.raw)
            _ = try await world.store.keep([], judged: judged)
            let open = try await world.ask("GET", "/api/v1/alerts", as: world.trader)
            #expect(open.json["alerts"]?.array?.isEmpty == true)
            let closed = try await world.ask(
                "GET",
                "/api/v1/alerts?status=closed",
                as: world.trader
            )
            #expect(closed.json["alerts"]?.array?.count == 1)
            let others = try await world.ask("GET", "/api/v1/alerts?status=all", as: world.other)
            #expect(others.json["alerts"]?.array?.isEmpty == true)
            try await world.ask("GET", "/api/v1/alerts?status=x", as: world.trader)
                .expectProblem(422, "invalid_fields", field: "status")
        }
    }
}
