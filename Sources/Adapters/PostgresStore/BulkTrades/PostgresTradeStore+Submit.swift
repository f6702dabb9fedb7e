package import Desk
import JSON
import Postgres
import Trading

extension PostgresTradeStore {
    package func submit(_ order: Submission) async throws(StoreFailure) -> Submitted {
        try await pool.transact { transaction in
            let earlier: Call = (
                TradeStatements.withKey,
                [.int(order.trader.raw), .text(order.idempotencyKey)]
            )
            let strangers: Call = (
                SubmitStatements.strangers,
                [.int(order.trader.raw), .ints(order.clients.named.map(\.raw))]
            )
            let rows = try await transaction.begin([earlier, strangers, order.measure])
            if let made = rows[0].first {
                try await transaction.commit([])
                return try order.repeated(made)
            }
            guard rows[1].isEmpty else {
                try await transaction.commit([])
                return .unknownClients(rows[1].map { ID($0.int(0)) })
            }
            // Of two submits of one key at once, one inserts; the other waits for it, inserts
            // nothing, and reads the first one's row.
            let insert = order.insert(aboveLimit: order.size(aboveLimitOf: rows[2]))
            let stored = try await transaction.commit([insert, earlier])
            guard let made = stored[1].first else {
                if order.preflight != nil { return .preflightUsed }
                throw StoreFailure.broken("a submitted trade is not there")
            }
            return stored[0].isEmpty
                ? try order.repeated(made) : .created(try BulkTrade.stored(made).trade)
        }
    }
}

extension Submission {
    /// The answer where the key has made a trade already.
    fileprivate func repeated(_ row: PostgresRow) throws(StoreFailure) -> Submitted {
        let (hash, trade) = try BulkTrade.stored(row)
        return hash == bodyHash ? .repeated(trade) : .conflict(trade.id)
    }

    /// With a size, the trade is above its trader's limit and waits for approval; unless it is an exit,
    /// of which the log then says so.
    fileprivate func insert(aboveLimit large: TradeSize?) -> Call {
        let size = isExit ? nil : large
        let sizing = sizing.stored
        let group: String? = if case .group(let name) = clients { name } else { nil }
        return (
            SubmitStatements.insert,
            [
                .int(trader.raw), .int(user.raw), .text(idempotencyKey), .bytes(bodyHash),
                .int(terms.instrument.id.raw), .text(terms.side.rawValue),
                .text(terms.type.rawValue), .text(terms.product.rawValue),
                .text(terms.validity.rawValue), .optional(terms.price?.raw),
                .optional(terms.trigger?.raw), .text(sizing.kind),
                .optional(sizing.part.map { Int64($0.raw) }), .optional(sizing.quantity?.raw),
                .optional(sizing.amount?.paise),
                clients.isNamed ? .ints(clients.named.map(\.raw)) : .null,
                group.map { .text($0) } ?? .null,
                .json(auditDetail(notAwaited: isExit ? large : nil)),
                .optional(onDoubt.storedSeconds), .optional(preflight), .optional(price?.raw),
                .text((size == nil ? BulkTrade.State.accepted : .awaitingApproval).rawValue),
                .optional(size?.clients), .optional(size?.amount?.paise),
                .int(ApprovalRequest.patience.microseconds),
            ]
        )
    }

    /// What was asked, for the audit log.
    private func auditDetail(notAwaited size: TradeSize?) -> String {
        let line = "BULK_TRADE_SUBMITTED: \(terms.side.rawValue) \(terms.instrument.symbol)"
        return AuditText.object(line) { detail in
            if let size {
                detail.field("note", "above the approval limit, and not awaited: it is an exit")
                detail.field("clients_at_most", size.clients)
                detail.fieldOrNull("amount_at_most", size.amount?.rupees)
            }
            detail.field("idempotency_key", idempotencyKey)
            detail.field("exchange", terms.instrument.exchange.rawValue)
            detail.field("symbol", terms.instrument.symbol)
            detail.field("side", terms.side.rawValue)
            detail.field("order_type", terms.type.rawValue)
            detail.field("product", terms.product.rawValue)
            detail.field("validity", terms.validity.rawValue)
            detail.fieldOrNull("price", terms.price?.rupees)
            detail.fieldOrNull("trigger_price", terms.trigger?.rupees)
            let sizing = sizing.stored
            detail.field("sizing", sizing.kind)
            if let part = sizing.part { detail.field("part_percent", part.percent) }
            if let quantity = sizing.quantity { detail.field("quantity", quantity.raw) }
            if let amount = sizing.amount { detail.field("amount", amount.rupees) }
            detail.field("on_doubt", onDoubt.text)
            if let preflight { detail.field("preflight_id", preflight.raw) }
            switch clients {
            case .all: detail.field("clients", "all")
            case .group(let name): detail.field("group", name)
            case .named(let ids):
                detail.key("clients")
                detail.beginArray()
                for id in ids { detail.integer(id.raw) }
                detail.endArray()
            }
        }
    }
}

extension ClientFilter {
    fileprivate var named: [ClientID] {
        if case .named(let ids) = self { ids } else { [] }
    }

    fileprivate var isNamed: Bool {
        if case .named = self { true } else { false }
    }
}

extension PostgresValue {
    /// A number or null.
    static func optional(_ number: Int64?) -> PostgresValue { number.map { .int($0) } ?? .null }
}
