import Desk
import Postgres
import Trading

/// The SQL of what a claim must know, beside the locked rows.
enum ClaimStatements {
    /// Whether another leg of the order's basket was refused for its client, and the basket then stops.
    ///
    /// A client who holds nothing to sell was refused nothing.
    private static let isStopped = """
        EXISTS (
            SELECT FROM basket k
            JOIN bulk_task x ON x.basket_id = k.id AND x.id <> t.id
            JOIN order_intent y ON y.task_id = x.id AND y.client_id = i.client_id
            WHERE k.id = t.basket_id AND k.on_refusal = 'stop'
              AND (y.state = 'REJECTED' OR y.state = 'SKIPPED' AND y.reason <> 'not_held')
        )
        """

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
               CASE WHEN t.basket_id IS NULL THEN false ELSE \(isStopped) END,
               \(SealedSession.columns(instrument: "r.instrument_id"))
        FROM unnest($1::bigint[], $2::bigint[]) AS r (intent_id, instrument_id)
        JOIN order_intent i ON i.id = r.intent_id
        JOIN bulk_task t ON t.id = i.task_id
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
            case ("symbol", let id?, _): scopes.append(.symbol(ID(id)))
            case ("trader", let id?, _): scopes.append(.trader(ID(id)))
            case ("client", let id?, _): scopes.append(.client(ID(id)))
            // A switch that nobody understands stops everything rather than nothing.
            default: scopes.append(.everything)
            }
        }
        self.init(scopes)
    }
}
