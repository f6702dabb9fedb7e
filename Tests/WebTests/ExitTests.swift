import Desk
import DeskTesting
import JSON
import Testing
import Trading

@testable import Web

@Suite("Exits over HTTP", .timeLimit(.minutes(5)))
struct ExitTests {
    private static let path = "/api/v1/exits"

    @Test("An exit is taken at once, once per key, and its status tells of cancel and sales")
    func exit() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("ONE", of: world.traderID)
            world.store.give(client, world.instrument.id, Quantity(7))
            let key = [(name: "Idempotency-Key", value: "k")]
            let body = #"{"scope":"client","client_id":\#(client)}"#
            let first = try await world.ask(
                "POST",
                Self.path,
                as: world.trader,
                body,
                headers: key
            )
            #expect(first.status == 202, "\(first.text)")
            let id = try #require(first.json["exit_id"]?.int64)
            #expect(first.header("location") == "\(Self.path)/\(id)")
            let again = try await world.ask(
                "POST",
                Self.path,
                as: world.trader,
                body,
                headers: key
            )
            #expect(again.json["exit_id"]?.int64 == id)
            #expect(again.header("idempotency-replayed") == "true")
            try await world.ask(
                "POST",
                Self.path,
                as: world.trader,
                #"{"scope":"trader"}"#,
                headers: key
            ).expectProblem(409, "idempotency_key_reused")
            try await world.api.submitExit.advance()
            let status = try await world.ask("GET", "\(Self.path)/\(id)", as: world.trader)
            #expect(status.json["state"]?.string == "SELLING", "\(status.text)")
            #expect(status.json["cancel"]?["state"]?.string == "COMPLETE")
            #expect(status.json["sales"]?.array?.first?["symbol"]?.string == "RELIANCE")
            let list = try await world.ask("GET", Self.path, as: world.trader)
            #expect(list.json["exits"]?.array?.count == 1)
            try await world.ask("GET", "\(Self.path)/\(id)", as: world.other)
                .expectProblem(404, "not_found")
        }
    }

    @Test("What cannot be is refused with its field")
    func refusals() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("ONE", of: world.traderID)
            let refuse = { (body: String, field: String, identity: Identity) async throws in
                try await world.ask("POST", Self.path, as: identity, body)
                    .expectProblem(422, "invalid_fields", field: field)
            }
            try await refuse("{}", "scope", world.trader)
            try await refuse(#"{"scope":"all"}"#, "scope", world.trader)
            try await refuse(#"{"scope":"client"}"#, "client_id", world.trader)
            let own = #"{"scope":"client","client_id":\#(client)}"#
            try await refuse(own, "client_id", world.other)
            try await refuse(#"{"scope":"symbol","symbol":"NONE"}"#, "symbol", world.trader)
            try await refuse(#"{"scope":"trader","product":"NRML"}"#, "product", world.trader)
            try await refuse(#"{"scope":"trader","trader_id":9}"#, "trader_id", world.trader)
            try await refuse(#"{"scope":"trader"}"#, "trader_id", world.admin)
            try await world.ask("POST", Self.path, as: world.clientUser(client), own)
                .expectProblem(403, "not_allowed")
        }
    }
}
