import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct ClientPageTests {
    @Test("Pages go through all clients once, in the order of their ids, with all that is theirs")
    func pages() async throws {
        try await withAccountsWorld { world in
            let drafts = (1...25).map { number in
                world.row(
                    "C\(number)",
                    capital: "\(number)000",
                    broker: number % 2 == 0 ? .dhan : nil,
                    number: "10000\(number)"
                )
            }
            let ids = try await world.accounts.importClients(drafts, by: world.actor)
                .compactMap(\.self)
            var seen: [ClientDetails] = []
            while true {
                let page = try await world.page(after: seen.last?.client.id, limit: 7)
                seen += page
                if page.count < 7 { break }
            }
            #expect(seen.map(\.client.id) == ids)
            for (place, details) in seen.enumerated() {
                let number = place + 1
                #expect(details.client.code == "C\(number)")
                #expect(details.funds.available.rupees == "\(number)000.00")
                #expect(
                    details.accounts.map(\.brokerClientID)
                        == (number % 2 == 0 ? ["10000\(number)"] : [])
                )
            }
        }
    }

    @Test("A trader's page shows no other trader's clients; without a trader all are shown")
    func traders() async throws {
        try await withAccountsWorld { world in
            let other = try await world.newTrader("other@example.in")
            _ = try await world.client("MINE")
            let theirs = try await world.accounts.createClient(
                world.draft("THEIRS", trader: other),
                by: world.actor
            )
            #expect(try await world.page().map(\.client.code) == ["MINE"])
            let all = try await world.accounts.clients(
                ClientQuery(
                    trader: nil,
                    status: nil,
                    group: nil,
                    text: nil,
                    after: nil,
                    limit: 10
                )
            )
            #expect(all.map(\.client.code) == ["MINE", "THEIRS"])
            #expect(all.last?.client == theirs)
        }
    }

    @Test("Status and group narrow a page, together too")
    func filters() async throws {
        try await withAccountsWorld { world in
            let drafts = [
                world.row("A", groups: ["x"]),
                world.row("B", status: .pending, groups: ["x", "y"]),
                world.row("C", status: .pending), world.row("D", groups: ["y"]),
            ]
            _ = try await world.accounts.importClients(drafts, by: world.actor)
            #expect(try await world.page(status: .pending).map(\.client.code) == ["B", "C"])
            #expect(try await world.page(group: "x").map(\.client.code) == ["A", "B"])
            #expect(try await world.page(group: "X").isEmpty)
            #expect(try await world.page(status: .active, group: "y").map(\.client.code) == ["D"])
            #expect(try await world.page(status: .archived).isEmpty)
        }
    }

    @Test(
        "Text is searched for as it is written, in codes, names and addresses, in any case",
        arguments: [
            ("%", ["A%1"]), ("_", ["B_2"]), ("\\", ["C\\3"]), ("'", ["D4"]), ("a%", ["A%1"]),
            ("O'BRIEN", ["D4"]), ("ö", ["E5"]), ("@example", ["E5"]), ("nobody", []),
            ("\"; DROP TABLE client; --", []), ("", ["A%1", "B_2", "C\\3", "D4", "E5"]),
        ]
    )
    func text(text: String, codes: [String]) async throws {
        try await withAccountsWorld { world in
            let drafts = [
                world.row("A%1", name: "First"), world.row("B_2", name: "Second"),
                world.row("C\\3", name: "Third"), world.row("D4", name: "Pat O'Brien"),
                world.row("E5", name: "Jörg", email: "Joerg@Example.in"),
            ]
            _ = try await world.accounts.importClients(drafts, by: world.actor)
            #expect(try await world.page(text: text).map(\.client.code) == codes)
        }
    }

    @Test("Holdings come with their symbols, sold ones not at all")
    func holdings() async throws {
        try await withAccountsWorld { world in
            let client = try await world.client("C1")
            let listings = ["TCS", "INFY", "SBIN"].map { world.listing($0) }
            _ = try await world.instruments.load(listings, of: .dhan, by: world.actor)
            _ = try await world.pool.query(
                PostgresStatement(
                    """
                    INSERT INTO holding (client_id, instrument_id, product, quantity, reserved, cost)
                    SELECT $1::bigint, id, 'CNC', CASE symbol WHEN 'SBIN' THEN 0 ELSE 10 END,
                           CASE symbol WHEN 'TCS' THEN 4 ELSE 0 END, 1000
                    FROM instrument
                    """
                ),
                [.int(client.id.raw)]
            )
            let details = try #require(try await world.page().first)
            #expect(details.holdings.map(\.symbol) == ["INFY", "TCS"])
            #expect(details.holdings.map(\.holding.free) == [Quantity(10), Quantity(6)])
            let alone = try await world.accounts.client(client.id)
            #expect(alone?.holdings == details.holdings)
        }
    }
}
