package import Desk
import JSON
package import Postgres
package import Trading

/// Limits in PostgreSQL: every change is a version that stays.
package struct PostgresLimitStore: LimitStore {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func limits(of subject: LimitSubject) async throws(StoreFailure) -> SetLimits? {
        let (scope, id) = subject.words
        let rows = try await pool.ask(LimitStatements.current, [.text(scope), .int(id)])
        guard let row = rows.first else { return nil }
        var columns = Columns(row)
        return SetLimits(
            version: Int(columns.int()),
            limits: OrderLimits(reading: &columns),
            why: columns.text(),
            at: columns.timestamp()
        )
    }

    package func setLimits(
        _ limits: OrderLimits,
        of subject: LimitSubject,
        why: String,
        by actor: Actor
    ) async throws(StoreFailure) -> SetLimits {
        let (scope, id) = subject.words
        return try await pool.transact { transaction in
            // One after the other: each is a version of its own.
            let rows = try await transaction.begin([
                (Self.lock, [.text("risk_limit \(scope) \(id)")]),
                (
                    LimitStatements.set,
                    [
                        .text(scope), .int(id),
                        .optional(limits.ordersPerMinute.map { Int64($0) }),
                        .optional(limits.positionPart.map { Int64($0.raw) }),
                        .optional(limits.maximumOrderValue?.paise),
                        .optional(limits.maximumDayLoss?.paise),
                        .optional(limits.maximumDayLossPart.map { Int64($0.raw) }), .text(why),
                        .optional(actor.user),
                    ]
                ),
            ])
            guard let row = rows[1].first else { throw StoreFailure.broken("no limits were set") }
            let set = SetLimits(
                version: Int(row.int(0)),
                limits: limits,
                why: why,
                at: Timestamp(microseconds: row.timestamp(1))
            )
            try await transaction.commit([AuditEntry.write([subject.entry(set)], by: actor)])
            return set
        }
    }

    private static let lock = PostgresStatement(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
    )
}

extension LimitSubject {
    fileprivate var words: (scope: String, id: Int64) {
        switch self {
        case .trader(let id): ("trader", id.raw)
        case .client(let id, _): ("client", id.raw)
        }
    }

    fileprivate func entry(_ set: SetLimits) -> AuditEntry {
        let (trader, client): (TraderID, ClientID?) =
            switch self {
            case .trader(let id): (id, nil)
            case .client(let id, let trader): (trader, id)
            }
        return AuditEntry(.limitsSet, trader: trader, client: client) { detail in
            detail.field("version", Int64(set.version))
            detail.field("why", set.why)
            detail.fieldOrNull("orders_per_minute", set.limits.ordersPerMinute.map { Int64($0) })
            detail.fieldOrNull("position_percent", set.limits.positionPart?.percent)
            detail.fieldOrNull("max_order_value", set.limits.maximumOrderValue?.rupees)
            detail.fieldOrNull("max_day_loss", set.limits.maximumDayLoss?.rupees)
            detail.fieldOrNull("max_day_loss_percent", set.limits.maximumDayLossPart?.percent)
        }
    }
}
