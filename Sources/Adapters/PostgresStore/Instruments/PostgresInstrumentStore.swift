package import Desk
package import Postgres
package import Secrets
package import Trading

/// Instruments, each broker's names for them, and the sessions through which prices are read.
package struct PostgresInstrumentStore: InstrumentStore, QuoteSessions {
    let pool: PostgresPool
    let secrets: SecretBox

    package init(pool: PostgresPool, secrets: SecretBox) {
        self.pool = pool
        self.secrets = secrets
    }

    package func instrument(_ symbol: String, at exchange: ExchangeName)
        async throws(StoreFailure) -> Instrument?
    {
        let rows = try await pool.ask(
            InstrumentStatements.bySymbol,
            [.text(exchange.rawValue), .text(symbol)]
        )
        return try Self.instruments(rows).first
    }

    package func search(_ text: String, limit: Int) async throws(StoreFailure) -> [Instrument] {
        let rows = try await pool.ask(
            InstrumentStatements.search,
            [.text(text), .int(Int64(max(0, limit)))]
        )
        return try Self.instruments(rows)
    }

    package func masterPrice(_ instrument: InstrumentID) async throws(StoreFailure) -> Price? {
        try await pool.ask(InstrumentStatements.price, [.int(instrument.raw)]).first
            .flatMap { $0.optionalInt(0) }.map { Price(raw: $0) }
    }

    /// A session whose token does not open is left out, since the next one may do.
    package func quoteSessions(_ trader: TraderID, instrument: InstrumentID, limit: Int)
        async throws(StoreFailure) -> [(BrokerName, BrokerSession)]
    {
        let rows = try await pool.ask(
            InstrumentStatements.quoteSessions,
            [.int(trader.raw), .int(instrument.raw), .int(Int64(max(0, limit)))]
        )
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

    private static func instruments(_ rows: PostgresRows) throws(StoreFailure) -> [Instrument] {
        var instruments: [Instrument] = []
        instruments.reserveCapacity(rows.count)
        for row in rows {
            var columns = Columns(row)
            instruments.append(try Instrument(reading: &columns))
        }
        return instruments
    }
}

extension Instrument {
    /// The columns that `init(reading:)` reads, of `instrument n`; circuit limits of another day
    /// than today are none.
    static let columns = """
        n.id, n.exchange, n.symbol, n.name, n.isin, n.lot, n.tick, n.freeze_quantity,
        CASE WHEN n.circuits_on = \(InstrumentStatements.today) THEN n.lower_circuit END,
        CASE WHEN n.circuits_on = \(InstrumentStatements.today) THEN n.upper_circuit END
        """

    init(reading columns: inout Columns) throws(StoreFailure) {
        self.init(
            id: columns.id(),
            exchange: try columns.word(),
            symbol: columns.text(),
            name: columns.text(),
            isin: columns.optionalText(),
            lot: columns.quantity(),
            tick: columns.price(),
            freezeQuantity: columns.optionalInt().map { Quantity($0) },
            lowerCircuit: columns.optionalPrice(),
            upperCircuit: columns.optionalPrice()
        )
    }
}
