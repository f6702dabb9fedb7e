import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct HaltTests {
    @Test("Switches of every kind turn on and off, each with its reason and audit lines")
    func allKinds() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let scopes: [Halts.Scope] = [
                .everything, .broker(.zerodha), .trader(world.trader), .client(client.id),
            ]
            for scope in scopes {
                try await world.accounts.setHalt(
                    scope,
                    on: true,
                    why: "because of \(scope)",
                    by: world.actor
                )
            }
            let halts = try await world.accounts.halts()
            #expect(halts.map(\.scope) == scopes)
            #expect(halts.map(\.why) == scopes.map { "because of \($0)" })

            for scope in scopes.dropFirst() {
                try await world.accounts.setHalt(scope, on: false, why: "over", by: world.actor)
            }
            #expect(try await world.accounts.halts().map(\.scope) == [.everything])
            #expect(try await world.count("audit_log WHERE action = 'HALT_ON'") == 4)
            #expect(try await world.count("audit_log WHERE action = 'HALT_OFF'") == 3)
            #expect(
                try await world.audit(of: client.id).map(\.action)
                    == ["CLIENT_CREATED", "HALT_ON", "HALT_OFF"]
            )
        }
    }

    @Test("A switch turned on twice stays on since the first time, with the last reason")
    func twice() async throws {
        try await withAccountsWorld { world in
            try await world.accounts.setHalt(.everything, on: true, why: "one", by: world.actor)
            let first = try #require(try await world.accounts.halts().first)
            try await world.accounts.setHalt(.everything, on: true, why: "two", by: world.actor)
            let second = try #require(try await world.accounts.halts().first)
            #expect(second.why == "two")
            #expect(second.since == first.since)
            #expect(try await world.accounts.halts().count == 1)
        }
    }

    @Test("Turning off what is off is no change")
    func off() async throws {
        try await withAccountsWorld { world in
            try await world.accounts.setHalt(.broker(.dhan), on: false, why: "", by: world.actor)
            #expect(try await world.accounts.halts() == [])
            #expect(try await world.count("audit_log WHERE action LIKE 'HALT%'") == 0)
        }
    }
}
