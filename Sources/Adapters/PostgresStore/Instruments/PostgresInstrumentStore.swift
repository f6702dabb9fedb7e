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

    package func instruments(_ names: [InstrumentName]) async throws(StoreFailure)
        -> [Instrument?]
    {
        let rows = try await pool.ask(
            InstrumentStatements.byNames,
            [.texts(names.map(\.exchange.rawValue)), .texts(names.map(\.symbol))]
        )
        var found: [Instrument?] = Array(repeating: nil, count: names.count)
        for row in rows {
            var columns = Columns(row)
            let place = Int(columns.int()) - 1
            found[place] = try Instrument(reading: &columns)
        }
        return found
    }

    package func search(_ text: String, limit: Int) async throws(StoreFailure)
        -> [ListedInstrument]
    {
        let text = text.lowercased()
        // Letters and digits alone, so that nothing of it is an operator of the query.
        let words = text.split { !$0.isLetter && !$0.isNumber }.map { "'\($0)':*" }
        let rows = try await pool.ask(
            InstrumentStatements.search,
            [
                // The last character there is: everything that begins so is below.
                .text(text), .text(text + "\u{10FFFF}"), .text(words.joined(separator: " & ")),
                .int(Int64(max(0, limit))),
            ]
        )
        return try rows.map { row throws(StoreFailure) in
            var columns = Columns(row)
            return ListedInstrument(
                instrument: try Instrument(reading: &columns),
                price: columns.optionalPrice(),
                marginLeverage: columns.optionalInt()
            )
        }
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
