import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct ImportTests {
    @Test("Ten thousand clients are imported at once, those that are there already reported")
    func tenThousand() async throws {
        try await withAccountsWorld { world in
            _ = try await world.client("C77")
            let first = try await world.client("FIRST")
            _ = try await world.connect(first.id, number: "1000000099")
            var drafts = (0..<10_000).map { number in
                world.row(
                    "C\(number)",
                    capital: "100000.50",
                    groups: number % 2 == 0 ? ["even"] : [],
                    broker: .dhan,
                    number: "\(1_000_000_000 + number)",
                    token: "token-of-\(number)"
                )
            }
            // The same code, and the same account, as another row of the same import.
            drafts.append(world.row("C500", broker: .dhan, number: "1"))
            drafts.append(world.row("TWICE", broker: .dhan, number: "1000000500"))
            // The account of the row before is free, since that row is not stored.
            drafts.append(world.row("FREE", broker: .dhan, number: "1"))

            let ids = try await world.accounts.importClients(drafts, by: world.actor)
            let refused = ids.indices.filter { ids[$0] == nil }
            #expect(refused == [77, 99, 10_000, 10_001])
            let stored = ids.compactMap(\.self)
            #expect(stored == stored.sorted() && Set(stored).count == stored.count)
            #expect(try await world.count("client") == 9_999 + 2)
            #expect(try await world.count("funds") == 9_999 + 2)
            #expect(try await world.count("broker_account") == 9_999 + 1)
            #expect(try await world.count("transfer WHERE amount = 10000050") == 9_999 - 1)
            #expect(
                try await world.count("audit_log WHERE action = 'CLIENT_CREATED'") == 9_999 + 2
            )
            #expect(
                try await world.count("audit_log WHERE action = 'ACCOUNT_CONNECTED'") == 9_999 + 1
            )
            #expect(try await world.count("audit_log WHERE action = 'CLIENTS_IMPORTED'") == 1)

            let last = try #require(ids[9_999])
            let details = try #require(try await world.accounts.client(last))
            #expect(details.client.code == "C9999")
            #expect(details.groups == [])
            #expect(details.funds.available.rupees == "100000.50")
            let account = try #require(details.accounts.first)
            #expect(account.status == .connected)
            let session = try #require(try await world.accounts.session(account.id))
            #expect(session.token.reveal() == "token-of-9999")
            #expect(session.brokerClientID == "1000009999")
        }
    }

    @Test("Importing the same file again stores nothing")
    func again() async throws {
        try await withAccountsWorld { world in
            let drafts = (0..<50).map { world.row("C\($0)", broker: .groww, number: "G\($0)") }
            let first = try await world.accounts.importClients(drafts, by: world.actor)
            let second = try await world.accounts.importClients(drafts, by: world.actor)
            #expect(first.allSatisfy { $0 != nil })
            #expect(second.allSatisfy { $0 == nil })
            #expect(try await world.count("client") == 50)
            #expect(try await world.count("transfer") == 50)
        }
    }

    @Test("Two imports of the same file at once store each client once")
    func atOnce() async throws {
        try await withAccountsWorld { world in
            let drafts = (0..<300).map { world.row("C\($0)", broker: .dhan, number: "D\($0)") }
            let results = try await withThrowingTaskGroup(of: [ClientID?].self) { group in
                for turn in 0..<3 {
                    let order = turn == 1 ? drafts.reversed() : drafts
                    group.addTask {
                        try await world.accounts.importClients(order, by: world.actor)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.flatMap { $0.compactMap(\.self) }.count == 300)
            #expect(try await world.count("client") == 300)
            #expect(try await world.count("funds") == 300)
            #expect(try await world.count("broker_account") == 300)
        }
    }

    @Test("Rows come without an account, without a token, or for the paper broker")
    func kinds() async throws {
        try await withAccountsWorld { world in
            let ends = Timestamp(microseconds: 1_900_000_000_000_000)
            let drafts = [
                world.row("NONE"), world.row("PAPER", broker: .paper, number: "P1"),
                world.row("NUMBERLESS", broker: .dhan, number: nil, token: "lost"),
                world.row("TOKENLESS", broker: .dhan, number: "D1", ends: ends),
                world.row("ALL", broker: .upstox, number: "U1", token: "t", ends: ends),
            ]
            let ids = try await world.accounts.importClients(drafts, by: world.actor)
            var accounts: [String: [BrokerAccount]] = [:]
            for details in try await world.page() {
                accounts[details.client.code] = details.accounts
            }
            #expect(ids.allSatisfy { $0 != nil })
            #expect(accounts["NONE"] == [] && accounts["PAPER"] == [])
            #expect(accounts["NUMBERLESS"] == [])
            #expect(accounts["TOKENLESS"]?.map(\.status) == [.disconnected])
            #expect(accounts["TOKENLESS"]?.first?.sessionEnds == nil)
            #expect(accounts["ALL"]?.map(\.status) == [.connected])
            #expect(accounts["ALL"]?.first?.sessionEnds == ends)
        }
    }

    @Test("An import that the database refuses stores nothing of it")
    func allOrNothing() async throws {
        try await withAccountsWorld { world async throws in
            var drafts = (0..<10).map { world.row("C\($0)") }
            // The database does not take a client without a name.
            drafts.append(world.row("BAD", name: ""))
            await #expect(throws: StoreFailure.self) {
                try await world.accounts.importClients(drafts, by: world.actor)
            }
            #expect(try await world.count("client") == 0)
            #expect(try await world.count("audit_log WHERE client_id IS NOT NULL") == 0)
        }
    }

    @Test("An empty file is an import of nothing")
    func empty() async throws {
        try await withAccountsWorld { world async throws in
            #expect(try await world.accounts.importClients([], by: world.actor).isEmpty)
        }
    }
}
