import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Preflights in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct PreflightTests {
    private func request(
        _ desk: OrdersDesk,
        _ clients: ClientFilter = .all,
        terms: OrderTerms? = nil
    ) -> PreflightRequest {
        PreflightRequest(
            trader: desk.trader,
            user: desk.user,
            address: nil,
            terms: terms ?? desk.terms(),
            sizing: .quantity(Quantity(10)),
            clients: clients,
            onDoubt: .ask
        )
    }

    /// Looks, judges at ₹2,450 and stores, as `RunPreflight` does.
    private func made(
        _ desk: OrdersDesk,
        _ store: PostgresPreflightStore,
        _ clients: ClientFilter = .all,
        terms: OrderTerms? = nil,
        now: Timestamp = Timestamp(microseconds: 1_795_000_000_000_000)
    ) async throws -> (PreflightID, [PreflightRow]) {
        let request = request(desk, clients, terms: terms)
        let look = try await store.look(
            PreflightQuery(
                trader: desk.trader,
                shares: ShareKey(desk.share.id, boughtAs: .delivery),
                clients: clients
            )
        )
        let rules = PreflightRules(
            terms: request.terms,
            sizing: request.sizing,
            price: OrdersDesk.price,
            eligibility: Eligibility(
                halts: look.halts,
                marketIsOpen: true,
                brokers: [.dhan, .upstox, .paper],
                now: now,
                instrument: request.terms.instrument.id
            ),
            leverage: look.leverage
        )
        let rows = look.candidates.map(rules.row)
        let draft = PreflightDraft(
            request: request,
            price: OrdersDesk.price,
            priceAge: .zero,
            createdAt: now
        )
        return (try await store.save(draft, rows), rows)
    }

    @Test("What is stored is what was judged, with its sums, in pages")
    func stored() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresPreflightStore(pool: desk.pool)
            let rich = try await desk.clients(3)
            let poor = try await desk.clients(1, cash: 100_000)
            let idle = try await desk.clients(1, broker: nil, status: .inactive)
            _ = try await desk.clients(1, status: .archived)
            let (id, rows) = try await made(desk, store)
            #expect(rows.map(\.client) == rich + poor + idle)
            #expect(rows.map(\.reasons) == [[], [], [], [.insufficientFunds], [.clientInactive]])
            #expect(rows[3].fits == Quantity(0))
            let first = try await store.rows(of: id, PreflightPage(after: nil, limit: 3))
            let rest = try await store.rows(of: id, PreflightPage(after: rich[2], limit: 3))
            #expect(first + rest == rows)
            let skipped = PreflightPage(after: nil, limit: 9, isOrdered: false)
            #expect(try await store.rows(of: id, skipped).map(\.client) == poor + idle)
            let shown = try #require(try await store.preflight(id))
            #expect(shown.sums == PreflightSums(rows))
            #expect(shown.price == OrdersDesk.price && shown.task == nil)
            #expect(shown.terms == desk.terms())
            #expect(try await store.preflight(PreflightID(999_999)) == nil)
            try await desk.expectBalance()
        }
    }

    @Test("A client without a broker is one row, whichever brokers list what is bought")
    func paperClients() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresPreflightStore(pool: desk.pool)
            for broker in ["zerodha", "upstox", "groww"] {
                try await desk.run(
                    """
                    INSERT INTO broker_instrument (broker, instrument_id, segment, code)
                    VALUES ($1, $2, 'NSE', 'ONE')
                    """,
                    [.text(broker), .int(desk.share.id.raw)]
                )
            }
            let paper = try await desk.clients(2, broker: nil)
            let left = try await desk.clients(1, broker: .upstox)
            try await desk.run(
                "UPDATE broker_account SET status = 'disconnected' WHERE client_id = $1",
                [.int(left[0].raw)]
            )
            let (_, rows) = try await made(desk, store)
            #expect(rows.map(\.client) == paper + left)
            #expect(rows.map(\.broker) == [.paper, .paper, .upstox])
            #expect(rows.map(\.reasons) == [[], [], [.noSession]])
        }
    }

    /// The preflight's rows and the plan with its claims must not tell two stories.
    @Test("Whoever a plan skips, and whoever a claim declines, a preflight says so first")
    func sameAsPlanAndClaim() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresPreflightStore(pool: desk.pool)
            _ = try await desk.clients(2)
            _ = try await desk.clients(1, cash: 1_000)
            _ = try await desk.clients(1, status: .pending)
            _ = try await desk.clients(1, broker: .upstox)
            _ = try await desk.clients(1, broker: .groww)
            _ = try await desk.clients(1, broker: nil)
            let halted = try await desk.clients(1)
            let expired = try await desk.clients(1)
            let left = try await desk.clients(1)
            try await desk.run(
                "INSERT INTO halt (scope, subject, why) VALUES ('client', $1, 'test')",
                [.text("\(halted[0])")]
            )
            try await desk.run(
                "UPDATE broker_account SET status = 'expired' WHERE client_id = $1",
                [.int(expired[0].raw)]
            )
            try await desk.run(
                "UPDATE broker_account SET status = 'disconnected' WHERE client_id = $1",
                [.int(left[0].raw)]
            )
            let (_, rows) = try await made(desk, store)
            let (trade, jobs) = try await desk.planned()
            _ = try await desk.orders.claim(
                desk.requests(jobs, of: trade),
                lease: OrdersDesk.lease
            )
            let page = ResultPage(after: nil, limit: 100, states: [], client: nil)
            let orders = try await desk.trades.results(trade.id, page).map(\.intent)
            #expect(orders.count == rows.count && rows.count == 10)
            for order in orders {
                let row = try #require(rows.first { $0.client == order.client })
                #expect(row.reasons.first == order.reason, "\(row)")
                #expect(row.quantity == (order.state == .sending ? order.quantity : .zero))
                #expect(row.hold == order.held)
                #expect(row.broker == order.broker && row.account == order.account)
            }
        }
    }

    @Test("A preflight is executed once: its clients alone, each with the quantity that was shown")
    func executed() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresPreflightStore(pool: desk.pool)
            let clients = try await desk.clients(2)
            let poor = try await desk.clients(1, cash: 1_000)
            let (id, _) = try await made(desk, store)
            let later = try await desk.clients(1)
            func submission(_ key: String) -> Submission {
                Submission(
                    trader: desk.trader,
                    user: desk.user,
                    idempotencyKey: key,
                    bodyHash: [UInt8](repeating: 3, count: 32),
                    terms: desk.terms(),
                    sizing: .part(BasisPoints(10_000)),
                    clients: .all,
                    preflight: id,
                    price: OrdersDesk.price
                )
            }
            guard case .created(let trade) = try await desk.trades.submit(submission("k")) else {
                throw Unexpected("not created")
            }
            #expect(trade.preflight == id && trade.referencePrice == OrdersDesk.price)
            guard case .repeated = try await desk.trades.submit(submission("k")) else {
                throw Unexpected("not repeated")
            }
            guard case .preflightUsed = try await desk.trades.submit(submission("other")) else {
                throw Unexpected("executed twice")
            }
            #expect(try await store.preflight(id)?.task == trade.id)
            let jobs = try await desk.trades.plan(trade.id, referencePrice: nil, marketOpen: true)
            let planned = try #require(try await desk.trades.trade(trade.id))
            // One client's money goes elsewhere before the claim: never a smaller order instead.
            try await desk.run(
                """
                WITH held AS (
                    UPDATE funds SET available = 100, deposited = 100 WHERE client_id = $1
                )
                INSERT INTO transfer (client_id, kind, debit, credit, amount)
                SELECT $1, 'withdrawal', 'deposited', 'available', deposited - 100
                FROM funds WHERE client_id = $1
                """,
                [.int(clients[1].raw)]
            )
            let claims = try await desk.orders.claim(
                desk.requests(jobs, of: planned),
                lease: OrdersDesk.lease
            )
            #expect(jobs.count == 2)
            guard case .send(let attempt) = claims[0], case .declined(let reason) = claims[1]
            else { throw Unexpected("\(claims)") }
            #expect(attempt.quantity == Quantity(10))
            #expect(reason == .insufficientFunds)
            let page = ResultPage(after: nil, limit: 100, states: [], client: nil)
            let orders = try await desk.trades.results(trade.id, page).map(\.intent)
            #expect(orders.map(\.client) == clients + poor)
            #expect(!orders.map(\.client).contains(later[0]))
            try await desk.expectBalance()
        }
    }

    @Test("Of two executions at once one places, and the other is told so")
    func race() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresPreflightStore(pool: desk.pool)
            _ = try await desk.clients(1)
            let (id, _) = try await made(desk, store)
            let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        let answer = try await desk.trades.submit(
                            Submission(
                                trader: desk.trader,
                                user: desk.user,
                                idempotencyKey: "r\(number)",
                                bodyHash: [UInt8](repeating: 3, count: 32),
                                terms: desk.terms(),
                                sizing: .quantity(Quantity(10)),
                                clients: .all,
                                preflight: id
                            )
                        )
                        switch answer {
                        case .created: return true
                        case .preflightUsed: return false
                        default: throw Unexpected("\(answer)")
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(created == 1)
        }
    }

    @Test("Old preflights go when a new one comes; an executed one stays")
    func expiry() async throws {
        try await OrdersDesk.open { desk in
            let store = PostgresPreflightStore(pool: desk.pool)
            _ = try await desk.clients(1)
            let past = Timestamp(microseconds: 1_000_000_000_000_000)
            let (old, _) = try await made(desk, store, now: past)
            let (kept, _) = try await made(desk, store, now: past)
            _ = try await desk.trades.submit(
                Submission(
                    trader: desk.trader,
                    user: desk.user,
                    idempotencyKey: "k",
                    bodyHash: [UInt8](repeating: 3, count: 32),
                    terms: desk.terms(),
                    sizing: .quantity(Quantity(10)),
                    clients: .all,
                    preflight: kept
                )
            )
            let (new, _) = try await made(desk, store)
            #expect(try await store.preflight(old) == nil)
            #expect(try await store.preflight(kept) != nil)
            #expect(try await store.preflight(new) != nil)
            let left = try await desk.number(
                "SELECT count(*) FROM preflight_row WHERE preflight_id = $1",
                [.int(old.raw)]
            )
            #expect(left == 0)
        }
    }
}
