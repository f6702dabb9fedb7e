package import Desk
import JSON
package import Postgres
package import Trading

/// Baskets in PostgreSQL: a row, and a bulk trade for each leg.
package struct PostgresBasketStore: BasketStore {
    private let pool: PostgresPool
    /// How long after its release an order's message counts as lost.
    private let forgottenAfter: Duration

    package init(pool: PostgresPool, forgottenAfter: Duration = .seconds(30)) {
        self.pool = pool
        self.forgottenAfter = forgottenAfter
    }

    package func submit(_ basket: BasketSubmission) async throws(StoreFailure) -> BasketSubmitted {
        try await pool.transact { transaction in
            let earlier: Call = (
                BasketStatements.withKey,
                [.int(basket.trader.raw), .text(basket.idempotencyKey)]
            )
            let named = basket.clients.ids ?? []
            let strangers: Call = (
                SubmitStatements.strangers, [.int(basket.trader.raw), .ints(named.map(\.raw))]
            )
            let legs = basket.trades
            let rows = try await transaction.begin([earlier, strangers] + legs.map(\.measure))
            if let made = rows[0].first {
                try await transaction.commit([])
                return try basket.repeated(made)
            }
            guard rows[1].isEmpty else {
                try await transaction.commit([])
                return .unknownClients(rows[1].map { ID($0.int(0)) })
            }
            let measured = Array(rows.dropFirst(2))
            let size = TradeSize(of: legs, measured, aboveLimitOf: measured.first)
            // Of two submits of one key at once, one inserts; the other waits for it.
            let stored = try await transaction.commit([basket.insert(size), earlier])
            guard let made = stored[1].first else {
                throw StoreFailure.broken("a submitted basket is not there")
            }
            return stored[0].isEmpty
                ? try basket.repeated(made) : .created(try Basket.stored(made).basket)
        }
    }

    package func basket(_ id: BasketID) async throws(StoreFailure) -> Basket? {
        guard let row = try await pool.ask(BasketStatements.basket, [.int(id.raw)]).first else {
            return nil
        }
        var columns = Columns(row)
        return try Basket(reading: &columns)
    }

    package func baskets(of trader: TraderID?, before: BasketID?, limit: Int)
        async throws(StoreFailure) -> [Basket]
    {
        let rows = try await pool.ask(
            trader == nil ? BasketStatements.latest : BasketStatements.latestOfTrader,
            [.int(before?.raw ?? .max), .int(Int64(limit))]
                + (trader.map { [.int($0.raw)] } ?? [])
        )
        var baskets: [Basket] = []
        for row in rows {
            var columns = Columns(row)
            baskets.append(try Basket(reading: &columns))
        }
        return baskets
    }

    package func basketResults(
        _ id: BasketID,
        after: IntentID?,
        limit: Int,
        client: ClientID?
    ) async throws(StoreFailure) -> [LegResult] {
        let rows = try await pool.ask(
            BasketStatements.results,
            [
                .int(id.raw), .int(after?.raw ?? 0), .int(Int64(limit)), .optional(client?.raw),
            ]
        )
        var results: [LegResult] = []
        results.reserveCapacity(rows.count)
        for row in rows {
            var columns = Columns(row)
            results.append(
                LegResult(
                    leg: Int(columns.int()),
                    task: columns.id(),
                    symbol: columns.text(),
                    side: try columns.word(),
                    isHeldBack: columns.bool(),
                    result: try ClientResult(reading: &columns)
                )
            )
        }
        return results
    }

    package func releaseLegs(limit: Int) async throws(StoreFailure) -> [OrderJob] {
        let rows = try await pool.ask(
            BasketStatements.release,
            [.int(Int64(limit)), .int(forgottenAfter.microseconds)]
        )
        return try OrderJob.reading(rows).sorted { $0.intent < $1.intent }
    }
}

extension Basket {
    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            id: columns.id(),
            trader: columns.id(),
            sequence: try columns.word(),
            onRefusal: try columns.word(),
            acceptedAt: columns.timestamp(),
            tasks: columns.ints().map { ID($0) },
            awaitsApproval: columns.bool()
        )
    }

    /// What `BasketStatements.withKey` read.
    fileprivate static func stored(_ row: PostgresRow) throws(StoreFailure) -> (
        hash: [UInt8], basket: Basket
    ) {
        var columns = Columns(row)
        let hash = columns.bytes()
        return (hash, try Basket(reading: &columns))
    }
}

extension ClientFilter {
    /// Those named one by one; nil where none are.
    fileprivate var ids: [ClientID]? { if case .named(let ids) = self { ids } else { nil } }
    fileprivate var group: String? { if case .group(let name) = self { name } else { nil } }
}

extension BasketSubmission {
    /// The answer where the key has made a basket already.
    fileprivate func repeated(_ row: PostgresRow) throws(StoreFailure) -> BasketSubmitted {
        let (hash, basket) = try Basket.stored(row)
        return hash == bodyHash ? .repeated(basket) : .conflict(basket.id)
    }

    /// With a size, the basket waits for approval.
    fileprivate func insert(_ size: TradeSize?) -> Call {
        let sizings = legs.map(\.sizing.stored)
        let ids = clients.ids
        return (
            BasketStatements.insert,
            [
                .int(trader.raw), .int(user.raw), .text(idempotencyKey), .bytes(bodyHash),
                .text(sequence.rawValue), .text(onRefusal.rawValue),
                .ints(legs.map(\.terms.instrument.id.raw)),
                .texts(legs.map(\.terms.side.rawValue)), .texts(legs.map(\.terms.type.rawValue)),
                .texts(legs.map(\.terms.product.rawValue)),
                .texts(legs.map(\.terms.validity.rawValue)),
                .optionalInts(legs.map { $0.terms.price?.raw }),
                .optionalInts(legs.map { $0.terms.trigger?.raw }), .texts(sizings.map(\.kind)),
                .optionalInts(sizings.map { $0.part.map { Int64($0.raw) } }),
                .optionalInts(sizings.map { $0.quantity?.raw }),
                .optionalInts(sizings.map { $0.amount?.paise }),
                ids.map { .ints($0.map(\.raw)) } ?? .null,
                clients.group.map { .text($0) } ?? .null, .optional(onDoubt.storedSeconds),
                .json(auditDetail), .bools(legs.map { waits($0) }), .bool(size != nil),
                .optional(size?.clients), .optional(size?.amount?.paise),
                .int(ApprovalRequest.patience.microseconds),
            ]
        )
    }

    /// What was asked, for the audit log.
    private var auditDetail: String {
        AuditText.object("BASKET_SUBMITTED: \(legs.count) legs") { detail in
            detail.field("idempotency_key", idempotencyKey)
            detail.field("sequence", sequence.rawValue)
            detail.field("on_refusal", onRefusal.rawValue)
            detail.key("legs")
            detail.beginArray()
            for leg in legs {
                detail.beginObject()
                detail.field("symbol", leg.terms.instrument.symbol)
                detail.field("side", leg.terms.side.rawValue)
                detail.field("order_type", leg.terms.type.rawValue)
                detail.fieldOrNull("price", leg.terms.price?.rupees)
                detail.field("sizing", leg.sizing.stored.kind)
                detail.endObject()
            }
            detail.endArray()
            if let group = clients.group { detail.field("group", group) }
            if let ids = clients.ids { detail.field("clients", ids.count) }
        }
    }
}
