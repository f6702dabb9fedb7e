import Postgres
import Trading

/// The SQL of instruments.
enum InstrumentStatements {
    /// The day in India.
    static let today = "(now() AT TIME ZONE 'Asia/Kolkata')::date"

    static let bySymbol = PostgresStatement(
        """
        SELECT \(Instrument.columns) FROM instrument n
        WHERE n.exchange = $1 AND lower(n.symbol) = lower($2)
        """
    )

    /// The symbol itself first, then symbols that begin so, then names that do, then the rest.
    static let search = PostgresStatement(
        """
        SELECT \(Instrument.columns) FROM instrument n, lower($1::text) AS t (text)
        WHERE strpos(lower(n.symbol), t.text) > 0 OR strpos(lower(n.name), t.text) > 0
        ORDER BY lower(n.symbol) <> t.text, NOT starts_with(lower(n.symbol), t.text),
                 NOT starts_with(lower(n.name), t.text), n.symbol, n.exchange DESC
        LIMIT $2::bigint
        """
    )

    /// New and changed instruments; what a list does not say (nulls) stays as another list said.
    ///
    /// Limits are said for today only.
    static let store = PostgresStatement(
        """
        INSERT INTO instrument AS i (
            exchange, symbol, series, name, isin, lot, tick, freeze_quantity, lower_circuit,
            upper_circuit, circuits_on, price
        )
        SELECT n.exchange, n.symbol, n.series, n.name, n.isin, n.lot, n.tick, n.freeze_quantity,
               n.lower_circuit, n.upper_circuit,
               CASE WHEN n.lower_circuit IS NOT NULL OR n.upper_circuit IS NOT NULL
                    THEN \(today) END,
               n.price
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
            $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]
        ) AS n (exchange, symbol, series, name, isin, lot, tick, freeze_quantity, lower_circuit,
                upper_circuit, price)
        ORDER BY n.exchange, n.symbol
        ON CONFLICT (exchange, symbol) DO UPDATE
        SET series = excluded.series, name = excluded.name,
            isin = coalesce(excluded.isin, i.isin), lot = excluded.lot, tick = excluded.tick,
            freeze_quantity = coalesce(excluded.freeze_quantity, i.freeze_quantity),
            lower_circuit = CASE WHEN excluded.circuits_on IS NULL THEN i.lower_circuit
                                 ELSE excluded.lower_circuit END,
            upper_circuit = CASE WHEN excluded.circuits_on IS NULL THEN i.upper_circuit
                                 ELSE excluded.upper_circuit END,
            circuits_on = coalesce(excluded.circuits_on, i.circuits_on),
            price = coalesce(excluded.price, i.price),
            updated_at = now()
        WHERE (excluded.series, excluded.name, excluded.lot, excluded.tick)
                  IS DISTINCT FROM (i.series, i.name, i.lot, i.tick)
           OR (excluded.isin IS NOT NULL AND excluded.isin IS DISTINCT FROM i.isin)
           OR (excluded.freeze_quantity IS NOT NULL
               AND excluded.freeze_quantity IS DISTINCT FROM i.freeze_quantity)
           OR (excluded.price IS NOT NULL AND excluded.price IS DISTINCT FROM i.price)
           OR (excluded.circuits_on IS NOT NULL
               AND (excluded.lower_circuit, excluded.upper_circuit, excluded.circuits_on)
                   IS DISTINCT FROM (i.lower_circuit, i.upper_circuit, i.circuits_on))
        RETURNING i.id
        """
    )

    /// How broker $1 names these instruments (exchanges $2, symbols $3).
    static let storeNames = PostgresStatement(
        """
        INSERT INTO broker_instrument AS b (broker, instrument_id, segment, code)
        SELECT $1, i.id, n.segment, n.code
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])
             AS n (exchange, symbol, segment, code)
        JOIN instrument i ON i.exchange = n.exchange AND i.symbol = n.symbol
        ORDER BY i.id
        ON CONFLICT (broker, instrument_id) DO UPDATE
        SET segment = excluded.segment, code = excluded.code
        WHERE (excluded.segment, excluded.code) IS DISTINCT FROM (b.segment, b.code)
        RETURNING b.instrument_id
        """
    )
}
