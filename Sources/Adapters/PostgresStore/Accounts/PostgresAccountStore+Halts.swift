package import Desk
import JSON
import Postgres
package import Trading

/// The halt switches.
extension PostgresAccountStore {
    private static let turnOn = PostgresStatement(
        """
        INSERT INTO halt (scope, subject, why, user_id) VALUES ($1, $2, $3, $4::bigint)
        ON CONFLICT (scope, subject) DO UPDATE SET why = excluded.why, user_id = excluded.user_id
        RETURNING scope
        """
    )
    private static let turnOff = PostgresStatement(
        "DELETE FROM halt WHERE scope = $1 AND subject = $2 RETURNING scope"
    )
    private static let active = PostgresStatement(
        """
        SELECT h.scope, h.subject, h.why, h.created_at, n.symbol
        FROM halt h
        LEFT JOIN instrument n ON n.id = CASE WHEN h.scope = 'symbol' THEN h.subject::bigint END
        ORDER BY h.created_at, h.scope, h.subject
        """
    )

    /// A switch that is on stays on since when it was; the reason given last is kept.
    package func setHalt(_ scope: Halts.Scope, on: Bool, why: String, by actor: Actor)
        async throws(StoreFailure)
    {
        let (kind, subject) = scope.words
        try await pool.transact { transaction in
            let key = [PostgresValue.text(kind), .text(subject)]
            let rows = try await transaction.begin([
                on
                    ? (Self.turnOn, key + [.text(why), .optional(actor.user)])
                    : (Self.turnOff, key)
            ])
            let audit = AuditEntry(
                on ? .haltOn : .haltOff,
                trader: scope.trader,
                client: scope.client
            ) {
                $0.field("scope", kind)
                $0.field("subject", subject)
                $0.field("why", why)
            }
            // What was off already is not turned off.
            try await transaction.commit(
                rows[0].isEmpty ? [] : [AuditEntry.write([audit], by: actor)]
            )
        }
    }

    package func halts() async throws(StoreFailure) -> [ActiveHalt] {
        var halts: [ActiveHalt] = []
        for row in try await pool.ask(Self.active) {
            halts.append(
                ActiveHalt(
                    scope: Halts.Scope(row.text(0), row.text(1)),
                    why: row.text(2),
                    since: Timestamp(microseconds: row.timestamp(3)),
                    symbol: row.optionalText(4)
                )
            )
        }
        return halts
    }
}

extension Halts.Scope {
    /// The scope's and the subject's column.
    fileprivate var words: (scope: String, subject: String) {
        switch self {
        case .everything: ("everything", "")
        case .broker(let broker): ("broker", broker.rawValue)
        case .symbol(let instrument): ("symbol", "\(instrument)")
        case .trader(let trader): ("trader", "\(trader)")
        case .client(let client): ("client", "\(client)")
        }
    }

    /// The scope of these columns; one that nobody understands stops everything, not nothing.
    fileprivate init(_ scope: String, _ subject: String) {
        self =
            switch (scope, Int64(subject), BrokerName(rawValue: subject)) {
            case ("broker", _, let broker?): .broker(broker)
            case ("symbol", let id?, _): .symbol(ID(id))
            case ("trader", let id?, _): .trader(ID(id))
            case ("client", let id?, _): .client(ID(id))
            default: .everything
            }
    }

    fileprivate var trader: TraderID? {
        if case .trader(let id) = self { id } else { nil }
    }
    fileprivate var client: ClientID? {
        if case .client(let id) = self { id } else { nil }
    }
}
