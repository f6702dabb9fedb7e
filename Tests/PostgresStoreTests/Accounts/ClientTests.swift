import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct ClientTests {
    @Test("A new client has its capital as free cash, a journal that says so, and an audit line")
    func create() async throws {
        try await withAccountsWorld { world in
            let draft = world.draft("C1", capital: "100000", groups: ["family", "large"])
            let client = try #require(try await world.accounts.createClient(draft, by: world.actor))
            #expect(client.code == "C1")
            #expect(client.trader == world.trader)

            let details = try #require(try await world.accounts.client(client.id))
            #expect(details.client == client)
            #expect(details.groups == ["family", "large"])
            #expect(details.funds.available.rupees == "100000.00")
            #expect(details.funds.deposited == details.funds.available)
            #expect(details.accounts == [] && details.holdings == [])

            let journal = try await world.pool.query(
                PostgresStatement(
                    "SELECT kind, debit, credit, amount FROM transfer WHERE client_id = $1::bigint"
                ),
                [.int(client.id.raw)]
            )
            #expect(journal.map { $0.text(0) } == ["deposit"])
            #expect(journal.map { $0.int(3) } == [10_000_000])
            let audit = try await world.audit(of: client.id)
            #expect(audit.map(\.action) == ["CLIENT_CREATED"])
            #expect(audit.first?.user == world.actor.user)
            #expect(audit.first?.address == "192.0.2.1")
            #expect(audit.first?.trader == world.trader)
        }
    }

    @Test("A client without capital has balances of zero and no journal")
    func noCapital() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1", capital: "0")
            let details = try #require(try await world.accounts.client(client.id))
            #expect(details.funds == Funds())
            #expect(try await world.count("transfer") == 0)
        }
    }

    @Test("A code is taken once per trader, also by two at the same moment")
    func codes() async throws {
        try await withAccountsWorld { world in
            let other = try await world.newTrader("other@example.in")
            let made = try await withThrowingTaskGroup(of: Client?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await world.accounts.createClient(world.draft("C1"), by: world.actor)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(made.compactMap(\.self).count == 1)
            #expect(try await world.count("client") == 1)
            #expect(try await world.count("funds") == 1)
            let elsewhere = world.draft("C1", trader: other)
            #expect(try await world.accounts.createClient(elsewhere, by: world.actor) != nil)
        }
    }

    @Test("A client of no trader cannot be made, and nobody is asked to try again")
    func noTrader() async throws {
        try await withAccountsWorld { world in
            let error = await #expect(throws: StoreFailure.self) {
                try await world.accounts.createClient(
                    world.draft("C1", trader: TraderID(999)),
                    by: world.actor
                )
            }
            guard case .broken = error else {
                Issue.record("not .broken: \(String(describing: error))")
                return
            }
        }
    }

    @Test("What a change names is changed, the rest stays, and the log tells both")
    func update() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1", capital: "1000", email: "old@example.in")
            var change = ClientChange()
            change.name = "Ñew Näme"
            change.part = BasisPoints(1250)
            change.groups = ["vip"]
            let update = try await world.accounts.updateClient(client.id, change, by: world.actor)
            guard case .changed(let details) = update else {
                Issue.record("not changed: \(update)")
                return
            }
            #expect(details.client.name == "Ñew Näme")
            #expect(details.client.email == "old@example.in")
            #expect(details.client.part == BasisPoints(1250))
            #expect(details.client.capital == client.capital)
            #expect(details.groups == ["vip"])
            #expect(details.updatedAt >= details.createdAt)
            let line = try #require(try await world.audit(of: client.id).last)
            #expect(line.action == "CLIENT_UPDATED")
            #expect(line.detail.contains("Ñew Näme") && line.detail.contains("12.5"))
            #expect(!line.detail.contains("old@example.in"))
        }
    }

    @Test("A change of nothing is no change and leaves no audit line")
    func nothing() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1", capital: "1000")
            var change = ClientChange()
            change.capital = client.capital
            change.name = client.name
            let update = try await world.accounts.updateClient(client.id, change, by: world.actor)
            guard case .changed = update else {
                Issue.record("not changed: \(update)")
                return
            }
            #expect(try await world.audit(of: client.id).map(\.action) == ["CLIENT_CREATED"])
            #expect(try await world.count("transfer") == 1)
        }
    }

    @Test("Archiving has a word of its own in the log")
    func archive() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            var change = ClientChange()
            change.status = .archived
            _ = try await world.accounts.updateClient(client.id, change, by: world.actor)
            #expect(try await world.accounts.client(client.id)?.client.status == .archived)
            #expect(try await world.audit(of: client.id).last?.action == "CLIENT_ARCHIVED")
        }
    }

    @Test("A changed capital is paid in or out, as far as the cash is free")
    func capital() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1", capital: "1000")
            // 400 of it are held for an order.
            _ = try await world.pool.query(
                PostgresStatement("UPDATE funds SET available = available - 40000, held = 40000")
            )
            func set(_ rupees: String) async throws -> ClientUpdate {
                var change = ClientChange()
                change.capital = Money(rupees: rupees)
                return try await world.accounts.updateClient(client.id, change, by: world.actor)
            }
            guard case .notEnoughFreeCash = try await set("399.99") else {
                Issue.record("cash that is held was paid out")
                return
            }
            var details = try #require(try await world.accounts.client(client.id))
            #expect(details.client.capital.rupees == "1000.00")
            #expect(details.funds.available.rupees == "600.00")

            guard case .changed(let lowered) = try await set("400") else {
                Issue.record("free cash was not paid out")
                return
            }
            #expect(lowered.funds.available == .zero)
            #expect(lowered.funds.held.rupees == "400.00")
            guard case .changed = try await set("2400.50") else {
                Issue.record("nothing was paid in")
                return
            }
            details = try #require(try await world.accounts.client(client.id))
            #expect(details.client.capital.rupees == "2400.50")
            #expect(details.funds.available.rupees == "2000.50")
            #expect(details.funds.isBalanced)
            let journal = try await world.pool.query(
                PostgresStatement("SELECT kind, amount FROM transfer ORDER BY id")
            )
            #expect(journal.map { $0.text(0) } == ["deposit", "withdrawal", "deposit"])
            #expect(journal.map { $0.int(1) } == [100_000, 60_000, 200_050])
        }
    }

    @Test("Changes of capital at the same moment all count, and the books balance")
    func concurrentCapital() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1", capital: "1000")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for step in 1...12 {
                    group.addTask {
                        var change = ClientChange()
                        change.capital = Money(paise: Int64(step) * 10_000)
                        _ = try await world.accounts.updateClient(
                            client.id,
                            change,
                            by: world.actor
                        )
                    }
                }
                try await group.waitForAll()
            }
            let details = try #require(try await world.accounts.client(client.id))
            #expect(details.funds.available == details.client.capital)
            #expect(details.funds.deposited == details.client.capital)
            let sum = try await world.pool.query(
                PostgresStatement(
                    """
                    SELECT sum(CASE kind WHEN 'deposit' THEN amount ELSE -amount END)::bigint
                    FROM transfer
                    """
                )
            )
            #expect(sum[0].int(0) == details.client.capital.paise)
        }
    }

    @Test("A client that does not exist is not found")
    func missing() async throws {
        try await withAccountsWorld { world in
            #expect(try await world.accounts.client(ClientID(5)) == nil)
            let update = try await world.accounts.updateClient(
                ClientID(5),
                ClientChange(),
                by: world.actor
            )
            guard case .notFound = update else {
                Issue.record("found: \(update)")
                return
            }
        }
    }
}
