import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// A schema of its own with one trader, one instrument and the stores over it.
struct OrdersDesk: Sendable {
    let pool: PostgresPool
    let orders: PostgresOrderStore
    let trades: PostgresTradeStore
    let outbox: PostgresOutbox
    let secrets: SecretBox
    let trader: TraderID
    let user: UserID
    let share: Instrument

    static let key = [UInt8](repeating: 7, count: 32)
    static let lease = Lease(worker: "test", duration: .seconds(60))
    static let price = Price(raw: 24_500_000)

    /// One number, from a query that gives one row.
    func number(_ sql: String, _ values: [PostgresValue] = []) async throws -> Int64 {
        try #require(try await pool.query(PostgresStatement(sql), values).first).int(0)
    }

    func run(_ sql: String, _ values: [PostgresValue] = []) async throws {
        _ = try await pool.query(PostgresStatement(sql), values)
    }

    // MARK: Clients

    /// Stores clients who have this much cash; with `broker`, each with a connected account there.
    func clients(
        _ count: Int,
        cash: Int64 = 10_000_000,
        broker: BrokerName? = .dhan,
        status: Client.Status = .active,
        groups: [String] = []
    ) async throws -> [ClientID] {
        let rows = try await pool.query(
            PostgresStatement(
                """
                WITH made AS (
                    INSERT INTO client (trader_id, code, name, email, status, capital, groups)
                    SELECT $1, 'C' || gen_random_uuid(), 'Name', NULL, $2, $3, $4::text[]
                    FROM generate_series(1, $5::bigint)
                    RETURNING id
                ), paid AS (
                    INSERT INTO funds (client_id, available, deposited)
                    SELECT id, $3, $3 FROM made
                ), written AS (
                    INSERT INTO transfer (client_id, kind, debit, credit, amount)
                    SELECT id, 'deposit', 'available', 'deposited', $3 FROM made WHERE $3 > 0
                )
                SELECT id FROM made ORDER BY id
                """
            ),
            [
                .int(trader.raw), .text(status.rawValue), .int(cash), .texts(groups),
                .int(Int64(count)),
            ]
        )
        let ids = rows.map { ClientID($0.int(0)) }
        if let broker { try await connect(ids, to: broker) }
        return ids
    }

    /// Connects an account of each client whose token is `token-<client>`.
    func connect(_ clients: [ClientID], to broker: BrokerName) async throws {
        let rows = try await pool.query(
            PostgresStatement(
                """
                INSERT INTO broker_account (client_id, broker, broker_client_id, token, status)
                SELECT id, $2, 'B' || id, '\\x00', 'connected' FROM unnest($1::bigint[]) AS n (id)
                RETURNING id, client_id
                """
            ),
            [.ints(clients.map(\.raw)), .text(broker.rawValue)]
        )
        let sealed = rows.map { row in
            secrets.seal(Array("token-\(row.int(1))".utf8), context: "account:\(row.int(0))")
        }
        try await run(
            """
            UPDATE broker_account a SET token = n.token
            FROM unnest($1::bigint[], $2::bytea[]) AS n (id, token) WHERE a.id = n.id
            """,
            [.ints(rows.map { $0.int(0) }), .byteArrays(sealed)]
        )
    }

    /// Gives a client shares that cost so much, paid for out of its cash.
    func give(_ client: ClientID, shares: Int64, cost: Int64) async throws {
        try await run(
            """
            INSERT INTO holding (client_id, instrument_id, product, quantity, cost)
            VALUES ($1, $2, 'CNC', $3, $4)
            """,
            [.int(client.raw), .int(share.id.raw), .int(shares), .int(cost)]
        )
        try await run(
            """
            WITH paid AS (
                UPDATE funds SET available = available - $2, invested = invested + $2
                WHERE client_id = $1
            )
            INSERT INTO transfer (client_id, kind, debit, credit, amount)
            VALUES ($1, 'fill', 'invested', 'available', $2)
            """,
            [.int(client.raw), .int(cost)]
        )
    }

    func funds(_ client: ClientID) async throws -> Funds {
        let rows = try await pool.query(
            PostgresStatement(
                """
                SELECT \(Funds.columns(of: "funds"))
                FROM funds WHERE client_id = $1
                """
            ),
            [.int(client.raw)]
        )
        var columns = Columns(try #require(rows.first))
        return Funds(reading: &columns)
    }

    func holding(_ client: ClientID, as product: Product = .delivery) async throws -> Holding {
        let rows = try await pool.query(
            PostgresStatement(
                """
                SELECT quantity, reserved, cost, borrowed FROM holding
                WHERE client_id = $1 AND product = $2
                """
            ),
            [.int(client.raw), .text(product.rawValue)]
        )
        guard let row = rows.first else { return Holding() }
        var columns = Columns(row)
        return Holding(
            quantity: columns.quantity(),
            reserved: columns.quantity(),
            cost: columns.money(),
            borrowed: columns.money()
        )
    }

    // MARK: Trades

    func terms(
        _ side: Side = .buy,
        _ type: OrderType = .market,
        price: Price? = nil
    ) -> OrderTerms {
        OrderTerms(
            instrument: share,
            side: side,
            type: type,
            product: .delivery,
            validity: .day,
            price: price,
            trigger: nil
        )
    }

    func submission(
        key: String,
        body: UInt8 = 1,
        terms: OrderTerms? = nil,
        sizing: Sizing = .quantity(Quantity(10)),
        clients: ClientFilter = .all,
        trader: TraderID? = nil
    ) -> Submission {
        Submission(
            trader: trader ?? self.trader,
            user: user,
            idempotencyKey: key,
            bodyHash: [UInt8](repeating: body, count: 32),
            terms: terms ?? self.terms(),
            sizing: sizing,
            clients: clients
        )
    }

    /// A trade that is submitted and planned, and its READY orders.
    func planned(
        _ sizing: Sizing = .quantity(Quantity(10)),
        terms: OrderTerms? = nil,
        clients: ClientFilter = .all,
        key: String = "\(UInt64.random(in: 0 ... .max))"
    ) async throws -> (trade: BulkTrade, jobs: [OrderJob]) {
        let asked = submission(key: key, terms: terms, sizing: sizing, clients: clients)
        guard case .created(let trade) = try await trades.submit(asked) else {
            throw Unexpected("the trade was not created")
        }
        let jobs = try await trades.plan(trade.id, referencePrice: Self.price, marketOpen: true)
        return (try #require(try await trades.trade(trade.id)), jobs)
    }

    func requests(
        _ jobs: [OrderJob],
        of trade: BulkTrade,
        price: Price? = Self.price,
        obstacle: Reason? = nil
    ) -> [ClaimRequest] {
        jobs.map { ClaimRequest(job: $0, trade: trade, price: price, obstacle: obstacle) }
    }

    /// Claims all and expects each to be sent.
    func attempts(_ jobs: [OrderJob], of trade: BulkTrade, lease: Lease = Self.lease)
        async throws -> [Attempt]
    {
        try await orders.claim(requests(jobs, of: trade), lease: lease).map { claim in
            guard case .send(let attempt) = claim else { throw Unexpected("\(claim)") }
            return attempt
        }
    }

    /// One client's order that is claimed, with its attempt.
    func sending(
        _ sizing: Sizing = .quantity(Quantity(10)),
        terms: OrderTerms? = nil,
        client: ClientID,
        lease: Lease = Self.lease
    ) async throws -> Attempt {
        let (trade, jobs) = try await planned(sizing, terms: terms, clients: .named([client]))
        return try #require(try await attempts(jobs, of: trade, lease: lease).first)
    }

    /// The same, accepted by the broker as order `B<intent>`.
    func accepted(
        _ sizing: Sizing = .quantity(Quantity(10)),
        terms: OrderTerms? = nil,
        client: ClientID
    ) async throws -> Attempt {
        let attempt = try await sending(sizing, terms: terms, client: client)
        #expect(try await record(attempt, .accepted(brokerOrderID: "B\(attempt.job.intent)")))
        return attempt
    }

    func record(_ attempt: Attempt, _ answer: PlacementAnswer) async throws -> Bool {
        try await orders.record([AttemptOutcome(attempt: attempt, answer: answer)]) == [true]
    }

    // MARK: Books

    func report(
        _ attempt: Attempt,
        _ status: OrderReport.Status,
        filled: Int64,
        brokerOrderID: String? = nil,
        message: String? = nil
    ) -> OrderReport {
        OrderReport(
            brokerOrderID: brokerOrderID ?? "B\(attempt.job.intent)",
            reference: attempt.reference,
            status: status,
            quantity: attempt.quantity,
            filled: Quantity(filled),
            message: message
        )
    }

    func traded(_ attempt: Attempt, _ id: String, _ quantity: Int64, _ price: Int64)
        -> TradeReport
    {
        TradeReport(
            brokerOrderID: "B\(attempt.job.intent)",
            tradeID: id,
            quantity: Quantity(quantity),
            price: Price(raw: price),
            at: Timestamp(microseconds: 1_795_000_000_000_000)
        )
    }

    /// Applies what a book says of one order.
    func apply(
        _ attempt: Attempt,
        _ status: OrderReport.Status,
        filled: Int64,
        _ trades: [TradeReport] = [],
        message: String? = nil
    ) async throws {
        let report = report(attempt, status, filled: filled, message: message)
        try await orders.apply(
            [BookedOrder(intent: attempt.job.intent, report: report, trades: trades)]
        )
    }

    /// The order's row as the results show it.
    func order(_ attempt: Attempt) async throws -> OrderIntent { try await order(attempt.job) }

    func order(_ job: OrderJob) async throws -> OrderIntent {
        let page = ResultPage(after: ID(job.intent.raw - 1), limit: 1, states: [], client: nil)
        return try #require(try await trades.results(job.task, page).first).intent
    }

    /// Seconds from now until the order is looked at next; nil where it never is.
    func looksIn(_ attempt: Attempt) async throws -> Int64? {
        try #require(
            try await pool.query(
                PostgresStatement(
                    """
                    SELECT ceil(extract(epoch FROM look_at - updated_at))::bigint
                    FROM order_intent WHERE id = $1
                    """
                ),
                [.int(attempt.job.intent.raw)]
            ).first
        ).optionalInt(0)
    }

    /// What the audit log tells of an order, oldest first.
    func audit(_ attempt: Attempt) async throws -> [String] {
        try await pool.query(
            PostgresStatement(
                "SELECT detail ->> 'line' FROM audit_log WHERE intent_id = $1 ORDER BY id"
            ),
            [.int(attempt.job.intent.raw)]
        ).map { $0.text(0) }
    }

    /// Lets the rules of money and orders judge all rows.
    func expectBalance(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let faults = try await PostgresLedgerCheck(pool: pool)()
        #expect(faults.isEmpty, sourceLocation: sourceLocation)
    }
}

/// Something that a test did not expect.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Money {
    /// Rupees and paise as people write them.
    static func rupees(_ text: String) -> Money { Money(rupees: text) ?? Money(paise: -1) }
}
