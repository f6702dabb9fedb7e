package import Desk
import Postgres
import Secrets
package import Trading

/// The sessions through which prices are read, and the prices where none can be.
extension PostgresAccountStore: QuoteSessions {
    package func masterPrice(_ instrument: InstrumentID) async throws(StoreFailure) -> Price? {
        try await pool.ask(Self.masterPrice, [.int(instrument.raw)]).first
            .flatMap { $0.optionalInt(0) }.map { Price(raw: $0) }
    }

    /// A session whose token does not open is left out, since the next one may do.
    package func quoteSessions(_ trader: TraderID, instrument: InstrumentID, limit: Int)
        async throws(StoreFailure) -> [(BrokerName, BrokerSession)]
    {
        let subject = [
            PostgresValue.int(trader.raw), .int(instrument.raw), .int(Int64(max(0, limit))),
        ]
        // A price is the same for all: whoever asks, the trader's sessions take turns.
        let rows = try await Viewer.forAll { () async throws(StoreFailure) in
            let near = try await pool.ask(Self.turnOfSome, subject)
            return near.count >= limit ? near : try await pool.ask(Self.turnOfAll, subject)
        }
        var sessions: [(BrokerName, BrokerSession)] = []
        for row in rows {
            var columns = Columns(row)
            let account: AccountID = columns.id()
            let broker: BrokerName = try columns.word()
            let number = columns.text()
            guard let token = try? secrets.open(columns.bytes(), of: account) else { continue }
            let session = BrokerSession(
                account: account,
                brokerClientID: number,
                token: token,
                egress: columns.optionalText(),
                instrument: BrokerInstrument(
                    instrument: instrument,
                    segment: columns.text(),
                    code: columns.text()
                )
            )
            sessions.append((broker, session))
        }
        return sessions
    }

    private static let masterPrice = PostgresStatement(
        "SELECT price FROM instrument WHERE id = $1::bigint"
    )

    private static let turnOfSome = turn(of: someClients)
    private static let turnOfAll = turn(
        of: "SELECT c.id FROM client c WHERE c.trader_id = $1::bigint AND c.status = 'active'"
    )

    /// A hundred of the trader's active clients, around one of any place: a price that small trades
    /// wait for must not cost a look at each of ten thousand.
    private static let someClients = """
        SELECT * FROM (
            SELECT c.id FROM client c
            WHERE c.trader_id = $1::bigint AND c.status = 'active'
              AND c.id >= (SELECT at FROM place)
            ORDER BY c.id LIMIT 50
        ) AS following
        UNION ALL
        SELECT * FROM (
            SELECT c.id FROM client c
            WHERE c.trader_id = $1::bigint AND c.status = 'active'
              AND c.id < (SELECT at FROM place)
            ORDER BY c.id DESC LIMIT 50
        ) AS preceding
        """

    /// Up to $3 sessions of trader $1 at brokers that list instrument $2, of these of their clients, the
    /// one that was used least lately first; they count as used now.
    ///
    /// Marking skips what another reader has locked: that one is marking it just so.
    private static func turn(of clients: String) -> PostgresStatement {
        PostgresStatement(
            """
            WITH place AS MATERIALIZED (
                SELECT min(c.id) + floor(random() * (max(c.id) - min(c.id) + 1))::bigint AS at
                FROM client c WHERE c.trader_id = $1::bigint
            ), asked AS MATERIALIZED (
                \(clients)
            ), chosen AS (
                SELECT a.id, a.broker, a.broker_client_id, a.token, a.egress, b.segment, b.code,
                       a.quoted_at
                FROM asked c
                CROSS JOIN LATERAL (
                    SELECT o.* FROM broker_account o
                    WHERE o.client_id = c.id AND o.status = 'connected'
                      AND (o.session_ends IS NULL OR o.session_ends > now())
                    OFFSET 0
                ) AS a
                JOIN broker_instrument b ON b.broker = a.broker AND b.instrument_id = $2::bigint
                ORDER BY a.quoted_at NULLS FIRST, a.id
                LIMIT $3::bigint
            ), free AS (
                SELECT id FROM broker_account WHERE id IN (SELECT id FROM chosen)
                FOR NO KEY UPDATE SKIP LOCKED
            ), marked AS (
                UPDATE broker_account SET quoted_at = clock_timestamp()
                WHERE id IN (SELECT id FROM free)
            )
            SELECT id, broker, broker_client_id, token, egress, segment, code FROM chosen
            ORDER BY quoted_at NULLS FIRST, id
            """
        )
    }
}
