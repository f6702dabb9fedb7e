package import Desk
import JSON
import Postgres
package import Trading

/// Orders that came of conditional orders.
extension PostgresConditionalStore {
    package func firedOrders(of account: AccountID) async throws(StoreFailure) -> KnownFired {
        let mark = try await pool.ask(Self.readMark).first?.text(0) ?? ""
        let rows = try await pool.ask(FiredStatements.known, [.int(account.raw)])
        return KnownFired(brokerOrderIDs: Set(rows.map { $0.text(0) }), mark: mark)
    }

    /// The conditional order's row is locked first, then the client's money, as for every order.
    package func adopt(_ report: OrderReport, of id: ConditionalID) async throws(StoreFailure)
        -> ConditionalRecord?
    {
        let lock: Call = (ConditionalStatements.lock, [.int(id.raw)])
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([lock, (Self.readMark, [])])
            guard let row = rows[0].first, let mark = rows[1].first?.text(0) else { return nil }
            var columns = Columns(row)
            let record = try ConditionalRecord(reading: &columns)
            guard let order = AdoptedOrder(report, of: record) else {
                await transaction.rollBack()
                return record
            }
            guard let made = try await transaction.go([order.insertion])[0].first else {
                // It is ours already.
                await transaction.rollBack()
                return record
            }
            let intent = IntentID(made.int(0))
            let reads = OrderBatch.reads([intent], money: [intent])
            var batch = AdoptionBatch(orders: try OrderBatch(try await transaction.go(reads)))
            batch.take(intent, order, of: record, mark: mark)
            let written = try await transaction.commit(try batch.writes() + [lock])
            guard let row = written.last?.first else { return record }
            columns = Columns(row)
            return try ConditionalRecord(reading: &columns)
        }
    }
}

/// What operators decide.
extension PostgresConditionalStore {
    package func decide(_ decision: ConditionalDecision, by actor: Actor)
        async throws(StoreFailure) -> ConditionalDecided
    {
        let id = PostgresValue.int(decision.conditional.raw)
        let brokerID = decision.verdict.brokerID.map { AuditText.foreign($0) }
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (ConditionalStatements.lock, [id]),
                (FiredStatements.taken, [id, .optional(brokerID)]),
            ])
            guard let row = rows[0].first else { return .notFound }
            var columns = Columns(row)
            let old = try ConditionalRecord(reading: &columns)
            guard rows[1].isEmpty else {
                await transaction.rollBack()
                return .taken
            }
            var new = old
            guard new.decide(decision.verdict, at: clock.now()) else {
                await transaction.rollBack()
                return .notOpen(old.state)
            }
            let entry = AuditEntry(
                .conditionalDecided,
                trader: old.trader,
                client: old.client
            ) { detail in
                detail.field("conditional_order", old.id.raw)
                detail.field("verdict", decision.verdict.word)
                if let brokerID { detail.field("broker_id", brokerID) }
                detail.field("reason", decision.reason)
                detail.field("from", old.state.rawValue)
                detail.field("to", new.state.rawValue)
                detail.field("looks", old.looks)
                if let words = old.words { detail.field("known", AuditText.foreign(words)) }
            }
            try await transaction.commit([new.written, AuditEntry.write([entry], by: actor)])
            return .decided(new)
        }
    }
}

/// An order of a broker's book as it becomes ours.
struct AdoptedOrder {
    let report: OrderReport
    let side: Side
    let type: OrderType
    let price: Price?
    let trigger: Price?
    /// From which it is sized: its limit, or what it waited for.
    let sizingPrice: Price
    let insertion: Call

    /// Nil where the book does not tell enough of it.
    init?(_ report: OrderReport, of record: ConditionalRecord) {
        guard let side = report.particulars?.side, report.quantity > .zero,
            report.quantity <= Quantity.limit
        else { return nil }
        self.report = report
        self.side = side
        let shown = report.reported
        let price = shown?.price.flatMap { $0.raw > 0 ? $0 : nil }
        let trigger = shown?.trigger.flatMap { $0.raw > 0 ? $0 : nil }
        // A book may show a kind without its price: then it is one at the market.
        var type = shown?.type ?? .market
        if type.hasTrigger, trigger == nil { type = type.hasPrice ? .limit : .market }
        if type.hasPrice, price == nil { type = .market }
        self.type = type
        self.price = type.hasPrice ? price : nil
        self.trigger = type.hasTrigger ? trigger : nil
        var level = record.terms.condition.legs[0]
        if case .bracket(let entry, _, _, _) = record.terms.condition, side == record.terms.side {
            level = TriggeredLeg(trigger: entry ?? level.trigger, price: entry)
        }
        sizingPrice = self.price ?? self.trigger ?? price ?? level.price ?? level.trigger
        insertion = (
            FiredStatements.insert,
            [
                .int(record.id.raw),
                // No key that comes by HTTP has a space.
                .text("fired \(record.id) \(AuditText.foreign(report.brokerOrderID))"),
                .text(side.rawValue), .text(type.rawValue), .optional(self.price?.raw),
                .optional(self.trigger?.raw), .int(report.quantity.raw), .int(sizingPrice.raw),
                .text(AuditText.foreign(report.brokerOrderID)),
            ]
        )
    }
}

/// Holds what an adopted order needs, as far as it is there: the broker has taken it already.
private struct AdoptionBatch {
    private var orders: OrderBatch
    private var attempts: [Call] = []

    init(orders: OrderBatch) { self.orders = orders }

    mutating func take(
        _ id: IntentID,
        _ order: AdoptedOrder,
        of record: ConditionalRecord,
        mark: String
    ) {
        guard var intent = orders.intents[id] else { return }
        let missing: String?
        switch order.side {
        case .buy:
            let cost = order.sizingPrice.cost(of: order.report.quantity)
            let own = intent.leverage.ownPart(of: cost)
            let there = min(own, orders.book.funds(of: intent.client).available)
            if orders.book.hold(there, for: intent) { intent.held = there }
            missing = intent.held < own ? "\(own - intent.held) of cash" : nil
        case .sell:
            let free = orders.book.holding(intent.holdingKey).free
            let there = min(order.report.quantity, free)
            if orders.book.reserve(there, for: intent) { intent.reserved = there }
            missing =
                there < order.report.quantity ? "\(order.report.quantity - there) shares" : nil
        }
        intent.lookIn = .zero
        orders.put(intent)
        let line = "ORDER_FIRED: \(intent.orderText) came of conditional order \(record.id)"
        let detail = AuditText.object(line) { detail in
            detail.field("conditional_order", record.id.raw)
            detail.field("broker_order_id", AuditText.foreign(order.report.brokerOrderID))
            detail.field("held", intent.held.rupees)
            detail.field("reserved", intent.reserved.raw)
            if let missing { detail.field("not_there", missing) }
        }
        orders.audit("ORDER_FIRED", intent, detail)
        let reference = BrokerReference.make(id, attempt: 1, mark: mark)
        attempts = [
            (
                FiredStatements.insertAttempt,
                [
                    .int(id.raw), .optional(order.report.reference.map { AuditText.foreign($0) }),
                    .text(reference), .text(AuditText.foreign(order.report.brokerOrderID)),
                    .optional(order.report.particulars?.at),
                ]
            )
        ]
    }

    func writes() throws(StoreFailure) -> [Call] { try orders.writes() + attempts }
}

/// The SQL of orders that came of conditional orders.
private enum FiredStatements {
    /// Whether another of the account's has the broker's id $2, as conditional order or as order.
    static let taken = PostgresStatement(
        """
        SELECT 1 FROM conditional_order o JOIN conditional_order x
            ON x.account_id = o.account_id AND x.id <> o.id
        WHERE o.id = $1 AND (x.broker_id = $2::text OR $2::text = ANY (x.orders))
        """
    )

    static let known = PostgresStatement(
        "SELECT broker_order_id FROM conditional_firing WHERE account_id = $1"
    )

    /// A trade of one order for conditional order $1, under key $2: side $3, kind $4, limit $5, trigger
    /// $6, quantity $7, sized from $8, at its broker as $9; nothing where it is there already.
    static let insert = PostgresStatement(
        """
        WITH source AS (
            SELECT o.* FROM conditional_order o
            WHERE o.id = $1 AND NOT EXISTS (
                SELECT FROM conditional_firing f
                WHERE f.account_id = o.account_id AND f.broker_order_id = $9
            )
        ), task AS (
            INSERT INTO bulk_task (
                trader_id, user_id, idempotency_key, body_hash, instrument_id, side, order_type,
                product, validity, price, trigger_price, sizing, sizing_quantity, client_ids,
                mtf_leverage, state, reference_price, reference_at, intents_ready, planned_at,
                published_at, completed_at
            )
            SELECT o.trader_id, o.user_id, $2, '', o.instrument_id, $3, $4, o.product, 'DAY',
                   $5::bigint, $6::bigint, 'quantity', $7::bigint, ARRAY[o.client_id],
                   CASE WHEN o.product = 'MTF'
                       THEN (SELECT d.mtf_leverage FROM trader d WHERE d.id = o.trader_id) END,
                   'COMPLETE', $8::bigint, now(), 1, now(), now(), now()
            FROM source o
            ON CONFLICT DO NOTHING
            RETURNING id
        ), intent AS (
            INSERT INTO order_intent (
                task_id, client_id, broker, account_id, state, quantity, sizing_price, attempts,
                broker_order_id
            )
            SELECT t.id, o.client_id, o.broker, o.account_id, 'ACCEPTED', $7::bigint, $8::bigint,
                   1, $9
            FROM task t CROSS JOIN source o
            RETURNING id
        )
        INSERT INTO conditional_firing (
            account_id, broker_order_id, conditional_id, trader_id, client_id, side, intent_id
        )
        SELECT o.account_id, $9, o.id, o.trader_id, o.client_id, $3, i.id
        FROM intent i CROSS JOIN source o
        RETURNING intent_id
        """
    )

    /// The attempt of order $1, which nobody here has sent: under the reference $2 that the broker
    /// shows, unless another attempt has that, or else $3; its id there is $4, and it came at $5, which
    /// may be days ago.
    static let insertAttempt = PostgresStatement(
        """
        INSERT INTO order_attempt (
            intent_id, number, reference, state, worker, lease_until, answered_at, broker_order_id
        )
        SELECT $1, 1,
               CASE WHEN $2::text IS NULL
                         OR EXISTS (SELECT FROM order_attempt a WHERE a.reference = $2)
                    THEN $3 ELSE $2 END,
               'ACCEPTED', 'broker', now(), least(now(), $5::timestamptz), $4
        """
    )
}
