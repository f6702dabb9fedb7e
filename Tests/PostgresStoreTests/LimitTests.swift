import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Limits in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct LimitTests {
    private func set(
        _ desk: OrdersDesk,
        _ subject: LimitSubject,
        _ change: (inout OrderLimits) -> Void
    ) async throws -> SetLimits {
        var limits = OrderLimits()
        change(&limits)
        return try await PostgresLimitStore(pool: desk.pool).setLimits(
            limits,
            of: subject,
            why: "test",
            by: Actor(user: desk.user)
        )
    }

    /// Claims one order of each of these clients, of so many shares at ₹2,450.
    private func claim(
        _ desk: OrdersDesk,
        _ clients: [ClientID],
        shares: Int64 = 10,
        terms: OrderTerms? = nil
    ) async throws -> [(claim: Claim, order: OrderIntent)] {
        let (trade, jobs) = try await desk.planned(
            .quantity(Quantity(shares)),
            terms: terms,
            clients: .named(clients)
        )
        let claims = try await desk.orders.claim(
            desk.requests(jobs, of: trade),
            lease: OrdersDesk.lease
        )
        var rows: [(claim: Claim, order: OrderIntent)] = []
        for (job, claim) in zip(jobs, claims) {
            rows.append((claim, try await desk.order(job)))
        }
        return rows
    }

    private func expect(
        _ row: (claim: Claim, order: OrderIntent)?,
        _ reason: Reason?,
        words: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        switch (row?.claim, reason) {
        case (.send, nil): break
        case (.declined(let why), let reason?):
            #expect(why == reason, sourceLocation: sourceLocation)
            #expect(row?.order.state == .skipped, sourceLocation: sourceLocation)
            #expect(row?.order.held == .zero, sourceLocation: sourceLocation)
            let note = row?.order.note ?? ""
            #expect(note.contains(words), "\(note)", sourceLocation: sourceLocation)
        default: Issue.record("\(String(describing: row))", sourceLocation: sourceLocation)
        }
    }

    @Test("Each change is a version that stays, and is in the audit log")
    func versions() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresLimitStore(pool: desk.pool)
            let subject = LimitSubject.trader(desk.trader)
            #expect(try await store.limits(of: subject) == nil)
            #expect(try await set(desk, subject) { $0.ordersPerMinute = 5 }.version == 1)
            let second = try await set(desk, subject) { $0.positionPart = BasisPoints(1_000) }
            #expect(second.version == 2)
            let now = try #require(try await store.limits(of: subject))
            #expect(now.limits == second.limits && now.why == "test")
            #expect(now.limits.ordersPerMinute == nil)
            #expect(try await desk.number("SELECT count(*) FROM risk_limit") == 2)
            #expect(
                try await desk.number(
                    "SELECT count(*) FROM audit_log WHERE action = 'RISK_LIMITS_SET'"
                ) == 2
            )
            await #expect(throws: PostgresError.self) {
                try await desk.run("UPDATE risk_limit SET max_day_loss = 1")
            }
        }
    }

    @Test("An order above the limit's worth is refused with both numbers; at it, it goes")
    func orderValue() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            _ = try await set(desk, .trader(desk.trader)) {
                $0.maximumOrderValue = .rupees("24500.00")
            }
            expect(
                try await claim(desk, [client], shares: 11).first,
                .limitOrderValue,
                words: "limit ₹24500.00 an order, this one is worth ₹26950.00"
            )
            expect(try await claim(desk, [client]).first, nil)
            try await desk.expectBalance()
        }
    }

    @Test("A client's position counts what is held, what is on order, and what is asked for")
    func position() async throws {
        try await OrdersDesk.open { desk in
            // Of ₹100,000 capital, 50 % are ₹50,000: twenty shares.
            let client = try await desk.clients(1)[0]
            _ = try await set(desk, .client(client, of: desk.trader)) {
                $0.positionPart = BasisPoints(5_000)
            }
            try await desk.give(client, shares: 10, cost: 2_450_000)
            expect(
                try await claim(desk, [client], shares: 11).first,
                .limitPosition,
                words: "limit ₹50000.00 (50 %) in one symbol, it would be ₹51450.00"
            )
            expect(
                try await claim(
                    desk,
                    [client],
                    shares: 5,
                    terms: desk.terms(.buy, .limit, price: OrdersDesk.price)
                ).first,
                nil
            )
            // What is on order counts.
            expect(try await claim(desk, [client], shares: 6).first, .limitPosition)
            // A sale only makes it smaller.
            expect(try await claim(desk, [client], terms: desk.terms(.sell)).first, nil)
            try await desk.expectBalance()
        }
    }

    @Test("Orders per minute are counted for each client by itself, within a batch too")
    func pace() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2, cash: 1_000_000_000)
            _ = try await set(desk, .trader(desk.trader)) { $0.ordersPerMinute = 2 }
            // Three orders of one client in one batch, of three trades.
            var requests: [ClaimRequest] = []
            for _ in 0..<3 {
                let (trade, jobs) = try await desk.planned(clients: .named([clients[0]]))
                requests += desk.requests(jobs, of: trade)
            }
            let claims = try await desk.orders.claim(requests, lease: OrdersDesk.lease)
            #expect(claims.count { if case .send = $0 { true } else { false } } == 2)
            guard case .declined(.limitOrdersPerMinute) = claims[2] else {
                Issue.record("\(claims[2])")
                return
            }
            let rows = try await claim(desk, clients)
            expect(
                rows.first,
                .limitOrdersPerMinute,
                words: "limit 2 orders a minute, 2 were sent"
            )
            expect(rows.last, nil)
            // A minute later there is room again.
            try await desk.run(
                "UPDATE order_pace SET sent = ARRAY(SELECT s - interval '61 s' FROM unnest(sent) s)"
            )
            expect(try await claim(desk, [clients[0]]).first, nil)
            #expect(
                try await desk.number("SELECT max(cardinality(sent)) FROM order_pace") == 1
            )
        }
    }

    @Test(
        "Once a day's loss reaches the limit nothing more is bought, and what is held can be sold"
    )
    func dayLoss() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1, cash: 100_000_000)[0]
            try await desk.give(client, shares: 100, cost: 24_500_000)
            _ = try await set(desk, .trader(desk.trader)) {
                $0.maximumDayLoss = .rupees("1000.00")
                $0.maximumDayLossPart = BasisPoints(9_000)
            }
            let sale = try await desk.accepted(terms: desk.terms(.sell), client: client)
            // A share that had cost ₹2,450 brings ₹1,450.01: a paisa below the limit.
            try await desk.apply(
                sale,
                .partlyFilled,
                filled: 1,
                [
                    desk.traded(sale, "T1", 1, 14_500_100)
                ]
            )
            expect(try await claim(desk, [client]).first, nil)
            try await desk.apply(
                sale,
                .filled,
                filled: 10,
                [
                    desk.traded(sale, "T1", 1, 14_500_100),
                    desk.traded(sale, "T2", 9, 24_499_900),
                ]
            )
            expect(
                try await claim(desk, [client]).first,
                .limitDayLoss,
                words: "limit ₹1000.00 lost in a day"
            )
            expect(try await claim(desk, [client], terms: desk.terms(.sell)).first, nil)
            // Yesterday's loss is no more today's.
            try await desk.run(
                "ALTER TABLE transfer DISABLE TRIGGER transfer_append_only"
            )
            try await desk.run("UPDATE transfer SET at = at - interval '1 day'")
            expect(try await claim(desk, [client]).first, nil)
            try await desk.expectBalance()
        }
    }

    @Test("Of a trader's and a client's limits the stricter one holds")
    func stricter() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            _ = try await set(desk, .trader(desk.trader)) {
                $0.maximumOrderValue = .rupees("24500.00")
            }
            _ = try await set(desk, .client(clients[0], of: desk.trader)) {
                $0.maximumOrderValue = .rupees("2450.00")
            }
            _ = try await set(desk, .client(clients[1], of: desk.trader)) {
                $0.maximumOrderValue = .rupees("99999.00")
            }
            let ten = try await claim(desk, clients)
            expect(ten.first, .limitOrderValue, words: "₹2450.00")
            expect(ten.last, nil)
            let eleven = try await claim(desk, clients, shares: 11)
            expect(eleven.last, .limitOrderValue, words: "₹24500.00")
        }
    }
}
