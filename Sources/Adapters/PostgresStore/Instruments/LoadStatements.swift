import Postgres

/// The SQL that merges a broker's list: rows are copied into a table of the transaction's own, and
/// then compared with what is known, all at once.
enum LoadStatements {
    /// One load at a time, and joins as suit a hundred thousand rows.
    static let prepare = """
        SELECT pg_advisory_xact_lock(2001);
        SET LOCAL enable_seqscan = on;
        SET LOCAL enable_hashjoin = on;
        SET LOCAL enable_mergejoin = on;
        SET LOCAL work_mem = '128MB';
        CREATE TEMP TABLE instrument_line (
            line bigint, describes boolean, exchange text, symbol text, series text, name text,
            isin text, lot bigint, tick bigint, freeze_quantity bigint, lower_circuit bigint,
            upper_circuit bigint, price bigint, segment text, code text, feed_code text,
            margin_leverage bigint
        ) ON COMMIT DROP;
        """

    /// Where the rows go, in the order of their columns.
    static let lines: StaticString = """
        instrument_line (line, describes, exchange, symbol, series, name, isin, lot, tick, \
        freeze_quantity, lower_circuit, upper_circuit, price, segment, code, feed_code, \
        margin_leverage)
        """
    static let columnCount = 17

    /// The last line of each instrument, with its id where it is known.
    ///
    /// Lines that describe nothing
    /// are of use only where another list has brought the instrument.
    static let match = """
        CREATE TEMP TABLE instrument_match ON COMMIT DROP AS
        SELECT n.*, i.id AS instrument_id,
               n.lower_circuit IS NOT NULL OR n.upper_circuit IS NOT NULL AS has_circuits
        FROM (
            -- By bytes: by a language's rules a hundred thousand symbols take seconds to sort.
            SELECT DISTINCT ON (exchange COLLATE "C", symbol COLLATE "C") * FROM instrument_line
            ORDER BY exchange COLLATE "C", symbol COLLATE "C", line DESC
        ) n
        LEFT JOIN instrument i ON i.exchange = n.exchange AND i.symbol = n.symbol
        WHERE n.describes OR i.id IS NOT NULL;
        ANALYZE instrument_match;
        """

    /// Shares of this list, and of the last one of broker $1 that was taken.
    static let counts = PostgresStatement(
        """
        SELECT (SELECT count(*) FROM instrument_match),
               coalesce((SELECT shares FROM instrument_load WHERE broker = $1 AND NOT is_refused
                         ORDER BY id DESC LIMIT 1), 0)
        """
    )

    /// What will be other than it was, field by field, by the list of broker $1.
    static let remember = PostgresStatement(
        """
        INSERT INTO instrument_change (instrument_id, broker, field, was, became)
        SELECT n.instrument_id, $1, f.field, f.was, f.became
        FROM instrument_match n
        JOIN instrument i ON i.id = n.instrument_id
        LEFT JOIN broker_instrument b ON b.broker = $1 AND b.instrument_id = n.instrument_id
        CROSS JOIN LATERAL (VALUES
            ('series', i.series, CASE WHEN n.describes THEN n.series ELSE i.series END),
            ('name', i.name, CASE WHEN n.describes THEN n.name ELSE i.name END),
            ('lot', i.lot::text, CASE WHEN n.describes THEN n.lot ELSE i.lot END::text),
            ('tick', i.tick::text, CASE WHEN n.describes THEN n.tick ELSE i.tick END::text),
            ('isin', i.isin, coalesce(n.isin, i.isin)),
            ('freeze_quantity', i.freeze_quantity::text,
             coalesce(n.freeze_quantity, i.freeze_quantity)::text),
            ('margin_leverage', i.margin_leverage::text,
             coalesce(n.margin_leverage, i.margin_leverage)::text),
            ('code', b.segment || ' ' || b.code,
             CASE WHEN b.code IS NULL THEN NULL ELSE n.segment || ' ' || n.code END)
        ) AS f (field, was, became)
        -- The many that are as they were are told by one comparison each, and not by eight rows.
        WHERE ((n.describes AND (n.series, n.name, n.lot, n.tick)
                   IS DISTINCT FROM (i.series, i.name, i.lot, i.tick))
               OR n.isin IS DISTINCT FROM i.isin
               OR n.freeze_quantity IS DISTINCT FROM i.freeze_quantity
               OR n.margin_leverage IS DISTINCT FROM i.margin_leverage
               OR (n.segment, n.code) IS DISTINCT FROM (b.segment, b.code))
          AND f.was IS DISTINCT FROM f.became
        """
    )

    /// New and changed instruments, and how broker $1 names them; gives how many.
    ///
    /// What a list does not say (nulls) stays as another list said. Limits are said for today only.
    static let merge = PostgresStatement(
        """
        WITH updated AS (
            UPDATE instrument i
            SET series = CASE WHEN n.describes THEN n.series ELSE i.series END,
                name = CASE WHEN n.describes THEN n.name ELSE i.name END,
                lot = CASE WHEN n.describes THEN n.lot ELSE i.lot END,
                tick = CASE WHEN n.describes THEN n.tick ELSE i.tick END,
                isin = coalesce(n.isin, i.isin),
                freeze_quantity = coalesce(n.freeze_quantity, i.freeze_quantity),
                margin_leverage = coalesce(n.margin_leverage, i.margin_leverage),
                lower_circuit = CASE WHEN n.has_circuits THEN n.lower_circuit
                                     ELSE i.lower_circuit END,
                upper_circuit = CASE WHEN n.has_circuits THEN n.upper_circuit
                                     ELSE i.upper_circuit END,
                circuits_on = CASE WHEN n.has_circuits THEN \(InstrumentStatements.today)
                                   ELSE i.circuits_on END,
                price = coalesce(n.price, i.price),
                updated_at = now()
            FROM instrument_match n
            WHERE i.id = n.instrument_id AND (
                (n.describes AND (n.series, n.name, n.lot, n.tick)
                     IS DISTINCT FROM (i.series, i.name, i.lot, i.tick))
                OR n.isin <> i.isin OR (n.isin IS NOT NULL AND i.isin IS NULL)
                OR (n.freeze_quantity IS NOT NULL
                    AND n.freeze_quantity IS DISTINCT FROM i.freeze_quantity)
                OR (n.margin_leverage IS NOT NULL
                    AND n.margin_leverage IS DISTINCT FROM i.margin_leverage)
                OR (n.price IS NOT NULL AND n.price IS DISTINCT FROM i.price)
                OR (n.has_circuits
                    AND (n.lower_circuit, n.upper_circuit, \(InstrumentStatements.today))
                        IS DISTINCT FROM (i.lower_circuit, i.upper_circuit, i.circuits_on))
            )
            RETURNING i.id
        ), inserted AS (
            INSERT INTO instrument (
                exchange, symbol, series, name, isin, lot, tick, freeze_quantity, margin_leverage,
                lower_circuit, upper_circuit, circuits_on, price
            )
            SELECT exchange, symbol, series, name, isin, lot, tick, freeze_quantity,
                   margin_leverage, lower_circuit, upper_circuit,
                   CASE WHEN has_circuits THEN \(InstrumentStatements.today) END, price
            FROM instrument_match WHERE instrument_id IS NULL
            RETURNING id, exchange, symbol
        ), listed AS (
            INSERT INTO instrument_change (instrument_id, broker, field, became)
            SELECT id, $1, 'listed', exchange || ':' || symbol FROM inserted
        ), named AS (
            INSERT INTO broker_instrument AS b (broker, instrument_id, segment, code, feed_code)
            SELECT $1, coalesce(n.instrument_id, i.id), n.segment, n.code, n.feed_code
            FROM instrument_match n
            LEFT JOIN inserted i ON i.exchange = n.exchange AND i.symbol = n.symbol
            -- A conflict locks its row, also where nothing changes: what is as it was stays out of it.
            LEFT JOIN broker_instrument k ON k.broker = $1 AND k.instrument_id = n.instrument_id
            WHERE (n.segment, n.code, n.feed_code)
                      IS DISTINCT FROM (k.segment, k.code, k.feed_code)
            ON CONFLICT (broker, instrument_id) DO UPDATE
            SET segment = excluded.segment, code = excluded.code, feed_code = excluded.feed_code
            WHERE (excluded.segment, excluded.code, excluded.feed_code)
                  IS DISTINCT FROM (b.segment, b.code, b.feed_code)
            RETURNING b.instrument_id AS id
        )
        SELECT count(*) FROM (
            SELECT id FROM updated UNION SELECT id FROM inserted UNION SELECT id FROM named
        ) c
        """
    )

    /// Writes the load of broker $1 down: lines $2, shares $3, changed $4, refused $5.
    static let note = PostgresStatement(
        """
        INSERT INTO instrument_load (broker, listed, shares, changed, is_refused, milliseconds)
        VALUES ($1, $2, $3, $4, $5, extract(epoch FROM clock_timestamp() - now()) * 1000)
        """
    )
}
