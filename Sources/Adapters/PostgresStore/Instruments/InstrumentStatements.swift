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

    /// The instruments of the exchanges $1 and symbols $2, each with its place among them.
    static let byNames = PostgresStatement(
        """
        SELECT t.place, \(Instrument.columns)
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t (exchange, symbol, place)
        JOIN instrument n ON lower(n.symbol) = lower(t.symbol) AND n.exchange = t.exchange
        """
    )

    /// The symbol $1 or the ISIN itself first, then symbols from $1 to below $2, then names that
    /// begin so, then names with words that begin as those of the query $3 do; $4 at the most.
    static let search = PostgresStatement(
        """
        SELECT \(Instrument.columns), n.price, n.margin_leverage
        FROM instrument n
        JOIN (
            SELECT id, min(rank) AS rank FROM (
                (SELECT id, CASE WHEN lower(symbol) = $1::text THEN 0 ELSE 1 END AS rank
                 FROM instrument
                 WHERE lower(symbol) ~>=~ $1::text AND lower(symbol) ~<~ $2::text
                 ORDER BY lower(symbol) USING ~<~ LIMIT $4::bigint)
                UNION ALL
                (SELECT id, 0 FROM instrument WHERE isin = upper($1::text) LIMIT $4::bigint)
                UNION ALL
                (SELECT id, CASE WHEN starts_with(lower(name), $1::text) THEN 2 ELSE 3 END AS rank
                 FROM instrument
                 WHERE to_tsvector('simple', name) @@ to_tsquery('simple', $3::text)
                 ORDER BY rank, symbol LIMIT $4::bigint)
            ) found GROUP BY id
        ) f ON f.id = n.id
        ORDER BY f.rank, n.symbol, n.exchange DESC
        LIMIT $4::bigint
        """
    )
}
