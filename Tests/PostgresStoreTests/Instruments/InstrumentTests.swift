import Desk
import DeskTesting
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct InstrumentTests {
    @Test("What a master lists is found by symbol and exchange, in any case")
    func load() async throws {
        try await withAccountsWorld { world in
            let store = world.instruments
            let listing = world.listing(
                "RELIANCE",
                name: "Reliance Industries",
                isin: "INE002A01018",
                freeze: 100_000,
                circuits: ("2655", "3245"),
                price: "2950.05"
            )
            #expect(try await store.load([listing], of: .dhan, by: world.actor) == 1)
            let found = try #require(try await store.instrument("reliance", at: .nse))
            #expect(found.symbol == "RELIANCE" && found.name == "Reliance Industries")
            #expect(found.isin == "INE002A01018")
            #expect(found.lot == Quantity(1) && found.tick == Price(rupees: "0.05"))
            #expect(found.freezeQuantity == Quantity(100_000))
            #expect(found.lowerCircuit == Price(rupees: "2655"))
            #expect(found.upperCircuit == Price(rupees: "3245"))
            #expect(try await world.accounts.masterPrice(found.id) == Price(rupees: "2950.05"))
            #expect(try await store.instrument("RELIANCE", at: .bse) == nil)
            #expect(try await store.instrument("RELIANC%", at: .nse) == nil)
            #expect(try await world.count("audit_log WHERE action = 'INSTRUMENTS_LOADED'") == 1)
        }
    }

    @Test("Ten thousand listings load at once; loading them again changes nothing")
    func tenThousand() async throws {
        try await withAccountsWorld { world async throws in
            let listings = (0..<10_000).map { world.listing("SYM\($0)", price: "\($0 + 1)") }
            let store = world.instruments
            #expect(try await store.load(listings, of: .dhan, by: world.actor) == 10_000)
            #expect(try await store.load(listings, of: .dhan, by: world.actor) == 0)
            // Another broker has its own names for all of them.
            #expect(try await store.load(listings, of: .zerodha, by: world.actor) == 10_000)
            #expect(try await world.count("instrument") == 10_000)
            #expect(try await world.count("broker_instrument") == 20_000)
        }
    }

    @Test("Only shares come in")
    func series() async throws {
        try await withAccountsWorld { world async throws in
            let listings =
                ["EQ", "BE", "SM", "GS", "N1", "IV", "W1", ""].map {
                    world.listing("S\($0)", series: $0)
                } + [world.listing("BSEA", exchange: .bse, series: "A")]
            #expect(try await world.instruments.load(listings, of: .dhan, by: world.actor) == 4)
            #expect(
                try await world.instruments.search("", limit: 10).map(\.instrument.symbol)
                    == ["BSEA", "SBE", "SEQ", "SSM"]
            )
        }
    }

    @Test("The last line and the last broker win; what they leave open stays")
    func lastWins() async throws {
        try await withAccountsWorld { world in
            let store = world.instruments
            let first = [
                world.listing("TCS", name: "Old", code: "1"),
                world.listing(
                    "tcs",
                    name: "Tata",
                    isin: "INE467B01029",
                    code: "2",
                    freeze: 500,
                    circuits: ("3000", "4000"),
                    price: "3500"
                ),
            ]
            #expect(try await store.load(first, of: .dhan, by: world.actor) == 1)
            let second = [world.listing("TCS", name: "Tata Consultancy", tick: "0.10", code: "K9")]
            #expect(try await store.load(second, of: .zerodha, by: world.actor) == 1)
            let tcs = try #require(try await store.instrument("TCS", at: .nse))
            #expect(tcs.name == "Tata Consultancy")
            #expect(tcs.tick == Price(rupees: "0.10"))
            #expect(tcs.isin == "INE467B01029" && tcs.freezeQuantity == Quantity(500))
            #expect(tcs.upperCircuit == Price(rupees: "4000"))
            #expect(try await world.accounts.masterPrice(tcs.id) == Price(rupees: "3500"))
            let names = try await world.pool.query(
                PostgresStatement("SELECT broker, code FROM broker_instrument ORDER BY broker")
            )
            #expect(names.map { $0.text(0) + " " + $0.text(1) } == ["dhan 2", "zerodha K9"])
        }
    }

    @Test("A list that describes nothing names what is known, and brings nothing else")
    func undescribed() async throws {
        try await withAccountsWorld { world async throws in
            let store = world.instruments
            _ = try await store.load(
                [world.listing("TCS", name: "Tata Consultancy", code: "1")],
                of: .dhan,
                by: world.actor
            )
            var known = world.listing(
                "TCS",
                name: "TCS LTD",
                series: "GS",
                tick: "0.10",
                code: "K1"
            )
            var unknown = world.listing("GILT", series: "GS", code: "K2")
            known.describes = false
            unknown.describes = false
            #expect(try await store.load([known, unknown], of: .zerodha, by: world.actor) == 1)
            let tcs = try #require(try await store.instrument("TCS", at: .nse))
            #expect(tcs.name == "Tata Consultancy" && tcs.tick == Price(rupees: "0.05"))
            #expect(try await store.instrument("GILT", at: .nse) == nil)
            #expect(try await world.count("broker_instrument WHERE code = 'K1'") == 1)
        }
    }

    @Test("What changes is remembered field by field, and cannot be changed afterwards")
    func history() async throws {
        try await withAccountsWorld { world async throws in
            let store = world.instruments
            let first = world.listing("TCS", name: "Tata", code: "1", freeze: 500, price: "3500")
            let second = world.listing(
                "TCS",
                name: "Tata Consultancy",
                isin: "INE467B01029",
                tick: "0.10",
                code: "2",
                price: "3600"
            )
            for listing in [first, first, second, second] {
                _ = try await store.load([listing], of: .dhan, by: world.actor)
            }
            let rows = try await world.pool.query(
                PostgresStatement(
                    """
                    SELECT field, coalesce(was, '-'), coalesce(became, '-')
                    FROM instrument_change ORDER BY id
                    """
                )
            )
            let changes = rows.map { "\($0.text(0)): \($0.text(1)) > \($0.text(2))" }
            #expect(
                changes.sorted() == [
                    "code: NSE_EQ 1 > NSE_EQ 2", "isin: - > INE467B01029", "listed: - > NSE:TCS",
                    "name: Tata > Tata Consultancy", "tick: 500 > 1000",
                ]
            )
            await #expect(throws: PostgresError.self) {
                try await world.pool.query(PostgresStatement("DELETE FROM instrument_change"))
            }
        }
    }

    @Test(
        "A broken or suspiciously short list changes nothing; that it was refused is written down"
    )
    func shortList() async throws {
        try await withAccountsWorld { world async throws in
            let store = world.instruments
            let listings = (0..<10).map { world.listing("SYM\($0)") }
            func load(_ list: InstrumentList, meant: Bool = false) async throws -> InstrumentLoad {
                try await store.load(list, of: .dhan, acceptingShort: meant, by: world.actor)
            }
            #expect(try await load(InstrumentList(listings)) == .stored(changed: 10))
            let other = (0..<4).map { world.listing("SYM\($0)", name: "Other") }
            let short = InstrumentList(other)
            #expect(try await load(short) == .tooShort(shares: 4, before: 10))
            #expect(try await load(InstrumentList([])) == .tooShort(shares: 0, before: 10))
            let failure = BrokerFailure.unreachable("cut off")
            let broken = InstrumentList(other, endingWith: failure)
            #expect(try await load(broken) == .unreadable(failure))
            #expect(try await world.count("instrument WHERE name = 'Other'") == 0)
            #expect(try await world.count("instrument_load WHERE is_refused") == 2)
            #expect(try await world.count("audit_log WHERE action = 'INSTRUMENTS_REFUSED'") == 2)
            #expect(try await load(short, meant: true) == .stored(changed: 4))
            #expect(try await load(short) == .stored(changed: 0))
        }
    }

    @Test("Yesterday's circuit limits say nothing today")
    func circuits() async throws {
        try await withAccountsWorld { world in
            let store = world.instruments
            let listing = world.listing("TCS", circuits: ("3000", "4000"))
            _ = try await store.load([listing], of: .dhan, by: world.actor)
            _ = try await world.pool.query(
                PostgresStatement("UPDATE instrument SET circuits_on = circuits_on - 1")
            )
            let old = try #require(try await store.instrument("TCS", at: .nse))
            #expect(old.lowerCircuit == nil && old.upperCircuit == nil)
            #expect(try await store.load([listing], of: .dhan, by: world.actor) == 1)
            let new = try #require(try await store.instrument("TCS", at: .nse))
            #expect(new.lowerCircuit == Price(rupees: "3000"))
        }
    }

    @Test(
        "A search finds the symbol first, then what begins so, then names, then words of names",
        arguments: [
            ("tata", ["TATA", "TATAPOWER", "TCS", "INFY"]), ("TATAP", ["TATAPOWER"]),
            ("services", ["TCS"]), ("serv tat", ["TCS"]), ("ine009a01021", ["INFY"]),
            ("power & | !", ["TATAPOWER"]), ("'", []), ("%", []), ("_", []), ("zzz", []),
        ]
    )
    func search(text: String, symbols: [String]) async throws {
        try await withAccountsWorld { world in
            let listings = [
                world.listing("XTATA", name: "Something"),
                world.listing("TCS", name: "Tata Consultancy Services"),
                world.listing("TATAPOWER", name: "Power"), world.listing("TATA", name: "T"),
                world.listing("INFY", name: "Infosys of Tata", isin: "INE009A01021"),
            ]
            _ = try await world.instruments.load(listings, of: .dhan, by: world.actor)
            #expect(
                try await world.instruments.search(text, limit: 10).map(\.instrument.symbol)
                    == symbols
            )
            #expect(
                try await world.instruments.search(text, limit: 1).map(\.instrument.symbol)
                    == Array(symbols.prefix(1))
            )
        }
    }

    @Test("Sessions for quotes take turns, and only usable ones of the trader's own clients serve")
    func quoteSessions() async throws {
        try await withAccountsWorld { world in
            let store = world.instruments
            _ = try await store.load(
                [world.listing("TCS", code: "11536")],
                of: .dhan,
                by: world.actor
            )
            let tcs = try #require(try await store.instrument("TCS", at: .nse))
            let other = try await world.newTrader("other@example.in")
            let rows =
                (1...3).map { world.row("C\($0)", broker: .dhan, number: "\($0)", token: "t\($0)") }
                + [
                    // This broker does not list it, this one has no token, this client is inactive.
                    world.row("UNLISTED", broker: .groww, number: "4", token: "t4"),
                    world.row("TOKENLESS", broker: .dhan, number: "5"),
                    world.row(
                        "INACTIVE",
                        status: .inactive,
                        broker: .dhan,
                        number: "6",
                        token: "t"
                    ),
                    world.row("THEIRS", trader: other, broker: .dhan, number: "7", token: "t7"),
                ]
            _ = try await world.accounts.importClients(rows, by: world.actor)
            func tokens(_ limit: Int) async throws -> [String] {
                try await world.accounts.quoteSessions(
                    world.trader,
                    instrument: tcs.id,
                    limit: limit
                )
                .map { $0.1.token.reveal() }
            }
            #expect(try await tokens(10) == ["t1", "t2", "t3"])
            #expect(try await tokens(1) == ["t1"])
            #expect(try await tokens(1) == ["t2"])
            #expect(try await tokens(2) == ["t3", "t1"])
            let (broker, session) = try #require(
                try await world.accounts.quoteSessions(world.trader, instrument: tcs.id, limit: 1)
                    .first
            )
            #expect(broker == .dhan)
            #expect(
                session.instrument
                    == BrokerInstrument(instrument: tcs.id, segment: "NSE_EQ", code: "11536")
            )
            _ = try await world.pool.query(
                PostgresStatement("UPDATE broker_account SET session_ends = now()")
            )
            #expect(try await tokens(10) == [])
        }
    }

    @Test("Among many clients as many sessions serve as are asked for, however few have one")
    func quoteSessionsOfMany() async throws {
        try await withAccountsWorld { world in
            let store = world.instruments
            _ = try await store.load([world.listing("TCS")], of: .dhan, by: world.actor)
            let tcs = try #require(try await store.instrument("TCS", at: .nse))
            let other = try await world.newTrader("other@example.in")
            // Every fifth client is another trader's; sessions are few, and at the far ends.
            let connected: Set = [1, 298, 299]
            let rows = (1...300).map { number in
                let theirs = number.isMultiple(of: 5)
                return connected.contains(number) || theirs
                    ? world.row(
                        "C\(number)",
                        trader: theirs ? other : nil,
                        broker: .dhan,
                        number: "\(number)",
                        token: "t\(number)"
                    ) : world.row("C\(number)")
            }
            _ = try await world.accounts.importClients(rows, by: world.actor)
            func tokens(_ trader: TraderID, _ limit: Int) async throws -> [String] {
                try await world.accounts.quoteSessions(trader, instrument: tcs.id, limit: limit)
                    .map { $0.1.token.reveal() }
            }
            for _ in 0..<20 {
                #expect(Set(try await tokens(world.trader, 3)) == ["t1", "t298", "t299"])
                #expect(try await tokens(world.trader, 9).count == 3)
                let theirs = Set(try await tokens(other, 3))
                #expect(theirs.count == 3)
                #expect(theirs.allSatisfy { Int($0.dropFirst())?.isMultiple(of: 5) == true })
            }
        }
    }

    @Test("Many that ask for a session at once all get one")
    func quotesAtOnce() async throws {
        try await withAccountsWorld { world in
            let store = world.instruments
            _ = try await store.load([world.listing("TCS")], of: .dhan, by: world.actor)
            let tcs = try #require(try await store.instrument("TCS", at: .nse))
            _ = try await world.accounts.importClients(
                [world.row("C1", broker: .dhan, number: "1", token: "t1")],
                by: world.actor
            )
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await world.accounts.quoteSessions(
                            world.trader,
                            instrument: tcs.id,
                            limit: 3
                        ).count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(counts == Array(repeating: 1, count: 20))
        }
    }
}
