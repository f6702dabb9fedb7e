import Desk
import Postgres
import Trading

/// What a claim must know of one intent's client and account.
struct ClaimContext {
    let intent: IntentID
    private let status: Client.Status
    let capital: Money
    let usualPart: BasisPoints
    private let accountStatus: BrokerAccount.Status?
    private let sessionIsOver: Bool
    let door: SealedSession

    /// What `ClaimStatements.contexts` read.
    init(reading row: PostgresRow) throws(StoreFailure) {
        var columns = Columns(row)
        intent = columns.id()
        status = try columns.word()
        capital = columns.money()
        usualPart = BasisPoints(Int32(columns.int()))
        accountStatus = try columns.optionalWord()
        sessionIsOver = columns.bool()
        door = SealedSession(reading: &columns)
    }

    /// Why the client's order cannot go; nil where nothing is in the way.
    var obstacle: Reason? {
        switch status {
        case .inactive: return .clientInactive
        case .pending: return .clientPending
        case .archived: return .clientArchived
        case .active: break
        }
        guard door.account != nil else { return nil }
        switch accountStatus {
        case .disconnected, nil: return .noSession
        case .expired: return .sessionExpired
        case .connected where sessionIsOver: return .sessionExpired
        case .connected: break
        }
        guard door.token != nil else { return .noSession }
        return door.instrument == nil ? .noInstrumentAtBroker : nil
    }
}

/// The SQL of what a claim must know, beside the locked rows.
enum ClaimStatements {
    /// For each intent ($1) that trades in an instrument ($2).
    static let contexts = PostgresStatement(
        """
        SELECT i.id, c.status, c.capital, coalesce(c.part_bp, d.usual_part_bp), a.status,
               coalesce(a.session_ends <= now(), false),
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
