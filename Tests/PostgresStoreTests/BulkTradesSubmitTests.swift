import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct BulkTradesSubmitTests {
    @Test func aTradeComesBackAsItWasSubmitted() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let sizings: [Sizing] = [
                .part(BasisPoints(2_500)), .quantity(Quantity(7)),
                .quantityWithin(Quantity(9), part: nil),
                .quantityWithin(Quantity(9), part: BasisPoints(100)),
                .amount(.rupees("50000.50")),
            ]
            let filters: [ClientFilter] = [.all, .group("gold"), .named(clients), .named([])]
            for (number, sizing) in sizings.enumerated() {
                let terms = desk.terms(.sell, .limit, price: OrdersDesk.price)
                let submission = desk.submission(
                    key: "k\(number)",
                    terms: terms,
                    sizing: sizing,
                    clients: filters[number % filters.count]
                )
                guard case .created(let made) = try await desk.trades.submit(submission) else {
                    Issue.record("not created")
                    return
                }
                #expect(made.terms == terms && made.sizing == sizing && made.state == .accepted)
                #expect(made.clients == submission.clients && made.trader == desk.trader)
                #expect(try await desk.trades.trade(made.id) == made)
            }
            let newest = try await desk.trades.trades(of: desk.trader, before: nil, limit: 2)
            #expect(newest.map(\.sizing) == [sizings[4], sizings[3]])
            let older = try await desk.trades.trades(of: nil, before: newest[1].id, limit: 10)
            #expect(older.map(\.sizing) == [sizings[2], sizings[1], sizings[0]])
            #expect(
                try await desk.number(
                    """
                    SELECT count(*) FROM audit_log
                    WHERE action = 'BULK_TRADE_SUBMITTED' AND detail ->> 'symbol' = 'RELIANCE'
                      AND user_id IS NOT NULL
                    """
                ) == 5
            )
        }
    }

    @Test func oneKeyMakesOneTradeAndAnotherBodyIsAConflict() async throws {
        try await OrdersDesk.open { desk in
            guard case .created(let made) = try await desk.trades.submit(desk.submission(key: "k"))
            else {
                Issue.record("not created")
                return
            }
            let again = try await desk.trades.submit(desk.submission(key: "k"))
            guard case .repeated(let same) = again, same.id == made.id else {
                Issue.record("\(again)")
                return
            }
            let other = try await desk.trades.submit(desk.submission(key: "k", body: 2))
            guard case .conflict(made.id) = other else {
                Issue.record("\(other)")
                return
            }
            #expect(try await desk.number("SELECT count(*) FROM outbox") == 1)
        }
    }

    @Test func manySubmitsOfOneKeyAtOnceMakeOneTrade() async throws {
        try await OrdersDesk.open(connections: 8) { desk in
            let answers = try await withThrowingTaskGroup(of: Submitted.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await desk.trades.submit(desk.submission(key: "k")) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let created = answers.count { if case .created = $0 { true } else { false } }
            let repeated = answers.count { if case .repeated = $0 { true } else { false } }
            #expect(created == 1 && repeated == 7)
            #expect(try await desk.number("SELECT count(*) FROM bulk_task") == 1)
            #expect(try await desk.number("SELECT count(*) FROM outbox") == 1)
        }
    }

    @Test func otherTradersClientsAreRefused() async throws {
        try await OrdersDesk.open { desk in
            let own = try await desk.clients(1)[0]
            let stranger = try await desk.number(
                "INSERT INTO trader (name) VALUES ('other') RETURNING id"
            )
            let foreign = try await desk.number(
                """
                INSERT INTO client (trader_id, code, name, status, capital)
                VALUES ($1, 'C', 'N', 'active', 0) RETURNING id
                """,
                [.int(stranger)]
            )
            let answer = try await desk.trades.submit(
                desk.submission(key: "k", clients: .named([own, ID(foreign), ID(999_999)]))
            )
            guard case .unknownClients(let unknown) = answer else {
                Issue.record("\(answer)")
                return
            }
            #expect(unknown == [ID(foreign), ID(999_999)])
            #expect(try await desk.number("SELECT count(*) FROM bulk_task") == 0)
            #expect(try await desk.number("SELECT count(*) FROM outbox") == 0)
        }
    }

    @Test func sqlInNamesIsHarmless() async throws {
        try await OrdersDesk.open { desk in
            let evil = "'; DROP TABLE bulk_task; -- \" \\ {,} $1"
            let client = try await desk.clients(1, groups: [evil])[0]
            try await desk.run("UPDATE client SET name = $1", [.text(evil)])
            let (trade, jobs) = try await desk.planned(clients: .group(evil), key: evil)
            #expect(trade.clients == .group(evil) && jobs.count == 1)
            let page = ResultPage(after: nil, limit: 10, states: [], client: client)
            let rows = try await desk.trades.results(trade.id, page)
            #expect(rows.map(\.clientName) == [evil])
        }
    }
}
