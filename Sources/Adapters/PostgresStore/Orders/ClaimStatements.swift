import Desk
import Postgres
import Trading

/// The SQL of what a claim must know, beside the locked rows.
enum ClaimStatements {
    /// For each intent ($1) that trades in an instrument ($2).
    static let contexts = PostgresStatement(
        """
        SELECT i.id, c.status, c.capital, coalesce(c.part_bp, d.usual_part_bp), a.status,
               coalesce(a.session_ends <= now(), false),
               coalesce(a.egress_standing = 'not_registered', false),
               CASE WHEN i.attempts = 0 THEN false ELSE EXISTS (
                   SELECT FROM order_attempt o
                   WHERE o.intent_id = i.id AND o.state = 'ABSENT'
               ) END,
               \(SealedSession.columns(instrument: "r.instrument_id"))
        FROM unnest($1::bigint[], $2::bigint[]) AS r (intent_id, instrument_id)
        JOIN order_intent i ON i.id = r.intent_id
        JOIN client c ON c.id = i.client_id
        JOIN trader d ON d.id = c.trader_id
        \(SealedSession.joins(instrument: "r.instrument_id"))
        """
    )

    static let halts = PostgresStatement("SELECT scope, subject FROM halt")
}

extension Halts {
    /// The switches that `ClaimStatements.halts` read.
    init(reading rows: PostgresRows) throws(StoreFailure) {
        var scopes: [Scope] = []
        for row in rows {
            let (scope, subject) = (row.text(0), row.text(1))
            switch (scope, Int64(subject), BrokerName(rawValue: subject)) {
            case ("everything", _, _): scopes.append(.everything)
            case ("broker", _, let broker?): scopes.append(.broker(broker))
            case ("trader", let id?, _): scopes.append(.trader(ID(id)))
            case ("client", let id?, _): scopes.append(.client(ID(id)))
            // A switch that nobody understands stops everything rather than nothing.
            default: scopes.append(.everything)
            }
        }
        self.init(scopes)
    }
}
