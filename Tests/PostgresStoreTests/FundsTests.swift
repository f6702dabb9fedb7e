import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Payments and lent money in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct FundsTests {
    private func order(
        _ desk: OrdersDesk,
        _ kind: CashKind,
        _ client: ClientID,
        _ paise: Int64,
        key: String,
        body: UInt8 = 1
    ) -> CashOrder {
        CashOrder(
            kind: kind,
            client: client,
            amount: Money(paise: paise),
            note: "test",
            user: desk.user,
            address: nil,
            idempotencyKey: key,
            bodyHash: [UInt8](repeating: body, count: 32)
        )
    }

    @Test("Money is paid in and out once per key, with its transfers and audit lines")
    func payments() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresFundsStore(pool: desk.pool)
            let client = try await desk.clients(1, cash: 10_000)[0]
            let deposit = order(desk, .deposit, client, 5_000, key: "a")
            guard case .done(let made, let funds) = try await store.move(deposit) else {
                throw Unexpected("not booked")
            }
            #expect(funds.available == Money(paise: 15_000))
            guard case .repeated(let again, _) = try await store.move(deposit) else {
                throw Unexpected("not repeated")
            }
            #expect(again == made)
            let other = order(desk, .deposit, client, 6_000, key: "a", body: 2)
            #expect(try await store.move(other) == .conflict(made.id))
            let tooMuch = order(desk, .withdrawal, client, 15_001, key: "b")
            #expect(try await store.move(tooMuch) == .notEnough(free: Money(paise: 15_000)))
            let out = order(desk, .withdrawal, client, 15_000, key: "c")
            guard case .done(_, let empty) = try await store.move(out) else {
                throw Unexpected("not paid out")
            }
            #expect(empty == Funds())
            #expect(
                try await store.move(order(desk, .deposit, ClientID(999_999), 1, key: "d"))
                    == .notFound
            )
            let capital = try await desk.number(
                "SELECT capital FROM client WHERE id = $1",
                [.int(client.raw)]
            )
            #expect(capital == 0)
            let lines = try await desk.number(
                "SELECT count(*) FROM audit_log WHERE action IN ('CASH_DEPOSITED', 'CASH_WITHDRAWN')"
            )
            #expect(lines == 2)
            try await desk.expectBalance()
        }
    }

    @Test("Of many withdrawals at once, no more leaves than there is")
    func race() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresFundsStore(pool: desk.pool)
            let client = try await desk.clients(1, cash: 10_000)[0]
            let done = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<12 {
                    let order = order(desk, .withdrawal, client, 3_000, key: "w\(number)")
                    group.addTask {
                        if case .done = try await store.move(order) { true } else { false }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(done == 3)
            #expect(try await desk.funds(client).available == Money(paise: 1_000))
            try await desk.expectBalance()
        }
    }

    @Test("A statement tells what each transfer left, in pages that fit together")
    func statement() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresFundsStore(pool: desk.pool)
            let client = try await desk.clients(1, cash: 10_000)[0]
            for (number, paise) in [100, 200, 300].enumerated() {
                _ = try await store.move(
                    order(desk, .deposit, client, Int64(paise), key: "s\(number)")
                )
            }
            _ = try await store.move(order(desk, .withdrawal, client, 50, key: "s9"))
            let always = StatementQuery(
                client: client,
                from: Timestamp(microseconds: 0),
                to: Timestamp(microseconds: 4_000_000_000_000_000),
                before: nil,
                limit: 3
            )
            let first = try #require(try await store.statement(always))
            #expect(first.lines.map(\.available.paise) == [10_550, 10_600, 10_300])
            var next = always
            next.before = first.lines.last?.id
            let second = try #require(try await store.statement(next))
            #expect(second.lines.map(\.available.paise) == [10_100, 10_000])
            #expect(second.funds == first.funds)
            let stranger = StatementQuery(
                client: ClientID(999_999),
                from: always.from,
                to: always.to,
                before: nil,
                limit: 1
            )
            #expect(try await store.statement(stranger) == nil)
        }
    }

    /// An MTF purchase of ten shares that is filled at ₹2,450.
    private func lentPurchase(_ desk: OrdersDesk, _ client: ClientID) async throws -> Attempt {
        let attempt = try await desk.accepted(
            terms: desk.lentTerms(.buy),
            client: client
        )
        try await desk.apply(
            attempt,
            .filled,
            filled: 10,
            [desk.traded(attempt, "T\(attempt.job.intent)", 10, 24_500_000)]
        )
        return attempt
    }

    @Test("An MTF purchase holds and pays the own part alone; the sale repays the rest first")
    func lentMoney() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1, cash: 1_000_000)[0]
            let attempt = try await lentPurchase(desk, client)
            let bought = try await desk.funds(client)
            // ₹24,500 cost: a fifth is the client's own.
            #expect(bought.available == Money(paise: 510_000))
            #expect(bought.borrowed == Money(paise: 1_960_000))
            #expect(bought.invested == Money(paise: 2_450_000))
            #expect(try await desk.order(attempt).borrowed == Money(paise: 1_960_000))
            try await desk.expectBalance()

            let sale = try await desk.accepted(
                .quantity(Quantity(4)),
                terms: desk.lentTerms(.sell),
                client: client
            )
            try await desk.apply(sale, .filled, filled: 4, [desk.traded(sale, "S", 4, 25_000_000)])
            let sold = try await desk.funds(client)
            #expect(sold.borrowed == Money(paise: 960_000))
            #expect(sold.available == Money(paise: 510_000))
            #expect(sold.realisedGain == Money(paise: 20_000))
            try await desk.expectBalance()
        }
    }

    @Test("Beyond the limit an MTF order is declined, and its note says what would fit")
    func limit() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1, cash: 100_000)[0]
            let (trade, jobs) = try await desk.planned(terms: desk.lentTerms(.buy))
            #expect(trade.leverage == .most)
            let claims = try await desk.orders.claim(
                desk.requests(jobs, of: trade),
                lease: OrdersDesk.lease
            )
            guard case .declined(.beyondMTFLimit) = claims[0] else {
                throw Unexpected("\(claims)")
            }
            let note = try await desk.order(jobs[0]).note
            #expect(note == "2 would fit, for ₹4900.00 at ₹2450.00")
            #expect(try await desk.funds(client).held == .zero)
        }
    }

    @Test("Each day's interest is booked once, from what was lent at the day's end")
    func interest() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresMarginStore(pool: desk.pool)
            let client = try await desk.clients(1, cash: 1_000_000)[0]
            _ = try await lentPurchase(desk, client)
            let now = Timestamp(microseconds: 4_000_000_000_000_000)
            let day = try #require(CalendarDay("2026-11-23"))
            let before = Timestamp(microseconds: 1_000_000_000_000_000)
            #expect(try await store.lent(at: before, notChargedFor: day).isEmpty)
            let lent = try await store.lent(at: now, notChargedFor: day)
            #expect(lent.map(\.amount) == [Money(paise: 1_960_000)])
            #expect(lent.map(\.broker) == [.dhan])
            let charge = InterestCharge(
                day: day,
                lent: try #require(lent.first),
                rate: ChargeRate(raw: 342_192),
                amount: Money(paise: 671)
            )
            #expect(try await store.charge([charge]) == 1)
            #expect(try await store.charge([charge]) == 0)
            #expect(try await store.lent(at: now, notChargedFor: day).isEmpty)
            #expect(try await store.lent(at: now, notChargedFor: day.advanced(by: 1)).count == 1)
            let funds = try await desk.funds(client)
            #expect(funds.interest == Money(paise: 671))
            #expect(funds.available == Money(paise: 509_329))
            try await desk.expectBalance()
        }
    }

    @Test("An alert is one row as long as its condition lasts, and a new one when it comes again")
    func alerts() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresAlertStore(pool: desk.pool)
            let client = try await desk.clients(1)[0]
            let alert = Alert(
                kind: .portfolioBelowCapital,
                trader: desk.trader,
                client: client,
                text: "worth less"
            )
            let judged = [JudgedCondition(kind: .portfolioBelowCapital, client: client)]
            #expect(try await store.keep([alert], judged: judged) == [alert])
            #expect(try await store.keep([alert], judged: judged).isEmpty)
            // A look that could not judge closes nothing.
            #expect(try await store.keep([], judged: []).isEmpty)
            let query = AlertQuery(trader: desk.trader, isOpen: true, before: nil, limit: 10)
            let open = try await store.alerts(query)
            #expect(open.map(\.timesSeen) == [2])
            let id = try #require(open.first).id
            let actor = Actor(user: desk.user)
            #expect(try await store.acknowledge(id, of: TraderID(999), by: actor) == nil)
            let seen = try await store.acknowledge(id, of: desk.trader, by: actor)
            #expect(seen?.acknowledgedBy == desk.user)
            #expect(try await store.acknowledge(id, of: nil, by: actor) == seen)
            _ = try await store.keep([], judged: judged)
            #expect(try await store.alerts(query).isEmpty)
            #expect(try await store.keep([alert], judged: judged) == [alert])
            #expect(try await store.alerts(query).map(\.timesSeen) == [1])
        }
    }
}

extension OrdersDesk {
    /// Terms of an MTF order at the market.
    func lentTerms(_ side: Side) -> OrderTerms {
        OrderTerms(
            instrument: share,
            side: side,
            type: .market,
            product: .marginFunding,
            validity: .day,
            price: nil,
            trigger: nil
        )
    }
}
