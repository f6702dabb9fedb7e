import Postgres
import Trading

@testable import PostgresStore

/// The raw rows of money, shares and orders, as they stand between two moments of a story.
struct StoryBooks: Sendable {
    struct Transfers: Sendable {
        let client: Int64
        let debit: String
        let credit: String
        let amount: Int64
    }

    struct Shares: Hashable, Sendable {
        let client: Int64
        let instrument: Int64
        let product: String
    }

    struct Held: Sendable {
        let quantity: Int64
        let reserved: Int64
        let cost: Int64
        let borrowed: Int64
    }

    struct Order: Sendable {
        let id: Int64
        let shares: Shares
        let isSale: Bool
        let isLent: Bool
        let state: String
        let quantity: Int64
        let held: Int64
        let reserved: Int64
        let filled: Int64
        let filledValue: Int64
        let borrowed: Int64
        let attempts: Int64
        let ceiling: Int64
        /// Its limit as it is now; nil for a MARKET order.
        let limit: Int64?
        let sizingPrice: Int64?
        let taskState: String
        let wasChanged: Bool
    }

    struct Attempt: Sendable {
        let intent: Int64
        let number: Int64
        let reference: String
        let state: String
    }

    struct Fill: Sendable {
        let intent: Int64
        let trade: String
        let quantity: Int64
        let price: Int64
        let value: Int64
    }

    struct Line: Sendable {
        let intent: Int64
        let state: String
        let action: String
        let trade: String?
        let missing: Int64
    }

    /// Balances by client and account.
    let funds: [Int64: [String: Int64]]
    let transfers: [Transfers]
    let holdings: [Shares: Held]
    let orders: [Order]
    let attempts: [Attempt]
    let fills: [Fill]
    /// The audit log's lines of orders, oldest first.
    let lines: [Line]
    /// Orders with a change that has not ended.
    let changing: Set<Int64>

    static let accounts = [
        "available", "held", "invested", "realised_loss", "withdrawn", "interest", "deposited",
        "realised_gain", "shortfall", "borrowed",
    ]

    init(_ pool: PostgresPool) async throws {
        let balances = "SELECT client_id, \(Self.accounts.joined(separator: ", ")) FROM funds"
        funds = Dictionary(
            uniqueKeysWithValues: try await pool.query(PostgresStatement(balances)).map { row in
                let amounts = Self.accounts.enumerated().map { ($1, row.int($0 + 1)) }
                return (row.int(0), Dictionary(uniqueKeysWithValues: amounts))
            }
        )
        transfers = try await pool.query(Self.transfersRead).map { row in
            Transfers(
                client: row.int(0),
                debit: row.text(1),
                credit: row.text(2),
                amount: row.int(3)
            )
        }
        holdings = Dictionary(
            uniqueKeysWithValues: try await pool.query(Self.holdingsRead).map { row in
                let key = Shares(client: row.int(0), instrument: row.int(1), product: row.text(2))
                let held = Held(
                    quantity: row.int(3),
                    reserved: row.int(4),
                    cost: row.int(5),
                    borrowed: row.int(6)
                )
                return (key, held)
            }
        )
        orders = try await pool.query(Self.ordersRead).map { Order($0) }
        attempts = try await pool.query(Self.attemptsRead).map { row in
            Attempt(
                intent: row.int(0),
                number: row.int(1),
                reference: row.text(2),
                state: row.text(3)
            )
        }
        fills = try await pool.query(Self.fillsRead).map { row in
            Fill(
                intent: row.int(0),
                trade: row.text(1),
                quantity: row.int(2),
                price: row.int(3),
                value: row.int(4)
            )
        }
        lines = try await pool.query(Self.linesRead).map { row in
            Line(
                intent: row.int(0),
                state: row.text(1),
                action: row.text(2),
                trade: row.optionalText(3),
                missing: row.optionalInt(4) ?? 0
            )
        }
        changing = Set(try await pool.query(Self.changesRead).map { $0.int(0) })
    }

    private static let transfersRead = PostgresStatement(
        """
        SELECT client_id, debit, credit, sum(amount)::bigint FROM transfer
        GROUP BY client_id, debit, credit
        """
    )
    private static let holdingsRead = PostgresStatement(
        """
        SELECT client_id, instrument_id, product, quantity, reserved, cost, borrowed FROM holding
        """
    )
    private static let ordersRead = PostgresStatement(
        """
        SELECT i.id, i.client_id, t.instrument_id, t.side, t.product, i.state, i.quantity, i.held,
               i.reserved, i.filled, i.filled_value, i.borrowed, i.attempts::bigint,
               coalesce(i.ceiling, 0), coalesce(i.price, t.price), i.sizing_price, t.state,
               EXISTS (SELECT FROM modification m WHERE m.intent_id = i.id)
        FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
        ORDER BY i.id
        """
    )
    private static let attemptsRead = PostgresStatement(
        """
        SELECT intent_id, number::bigint, reference, state FROM order_attempt
        ORDER BY intent_id, number
        """
    )
    private static let fillsRead = PostgresStatement(
        "SELECT intent_id, trade_id, quantity, price, value FROM fill"
    )
    private static let linesRead = PostgresStatement(
        """
        SELECT intent_id, state, action, detail ->> 'trade_id', (detail ->> 'missing')::bigint
        FROM audit_log WHERE intent_id IS NOT NULL AND state IS NOT NULL ORDER BY id
        """
    )
    private static let changesRead = PostgresStatement(
        "SELECT intent_id FROM modification WHERE state IN ('ASKED', 'SENDING', 'UNKNOWN')"
    )
}

extension StoryBooks.Order {
    fileprivate init(_ row: PostgresRow) {
        id = row.int(0)
        let product = row.text(4)
        isLent = product == "MTF"
        shares = StoryBooks.Shares(
            client: row.int(1),
            instrument: row.int(2),
            product: isLent ? "MTF" : "CNC"
        )
        isSale = row.text(3) == "SELL"
        state = row.text(5)
        quantity = row.int(6)
        held = row.int(7)
        reserved = row.int(8)
        filled = row.int(9)
        filledValue = row.int(10)
        borrowed = row.int(11)
        attempts = row.int(12)
        ceiling = row.int(13)
        limit = row.optionalInt(14)
        sizingPrice = row.optionalInt(15)
        taskState = row.text(16)
        wasChanged = row.bool(17)
    }

    /// Whether it was sent and has not ended.
    var isOpen: Bool {
        [
            "SENDING", "UNKNOWN", "ACCEPTED", "OPEN", "PARTLY_FILLED", "CANCEL_REQUESTED",
        ].contains(state)
    }

    /// Whether nothing more is expected of it.
    var isOver: Bool { !isOpen && state != "READY" }
}
