package import Desk
package import Postgres
package import Trading

/// Instruments and each broker's names for them in PostgreSQL.
package struct PostgresInstrumentStore: InstrumentStore {
    let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

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
