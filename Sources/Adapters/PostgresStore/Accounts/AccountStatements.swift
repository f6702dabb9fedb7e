import Postgres

/// The SQL of broker accounts.
enum AccountStatements {
    /// Keeps other makers of broker accounts waiting until the transaction ends, so that what was
    /// found to be free is still free when it is taken.
    static let lock = PostgresStatement(
        "SELECT pg_advisory_xact_lock(hashtextextended('broker accounts ' || current_schema(), 0))"
    )

    /// So many new ids.
    static let newIDs = PostgresStatement(
        """
        SELECT nextval(pg_get_serial_sequence('broker_account', 'id'))
        FROM generate_series(1, $1::bigint)
        """
    )

    /// The places in these lists (brokers $1, their numbers $2) that are taken, by whoever's client.
    static let taken = PostgresStatement("SELECT accounts_taken($1::text[], $2::text[])")

    /// The accounts of client $1, and whoever has number $3 at broker $2, locked.
    static let lockNeighbours = PostgresStatement(
        "SELECT * FROM account_neighbours($1::bigint, $2, $3)"
    )

    /// New accounts; one without a token is not connected.
    ///
    /// $8: whether the tokens may be renewed.
    static let insert = PostgresStatement(
        """
        INSERT INTO broker_account
            (id, client_id, broker, broker_client_id, token, status, session_ends, egress,
             is_renewable)
        OVERRIDING SYSTEM VALUE
        SELECT n.id, n.client_id, n.broker, n.number, nullif(n.token, ''::bytea),
               CASE WHEN n.token = ''::bytea THEN 'disconnected' ELSE 'connected' END,
               n.session_ends, n.egress, $8::boolean AND n.token <> ''::bytea
        FROM unnest(
            $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::timestamptz[],
            $7::text[]
        ) AS n (id, client_id, broker, number, token, session_ends, egress)
        """
    )

    static let renew = PostgresStatement(
        """
        UPDATE broker_account
        SET token = $2::bytea, status = 'connected', session_ends = $3::timestamptz,
            egress = $4::text, egress_standing = 'unknown', egress_words = NULL,
            checked_at = NULL, check_result = NULL, check_words = NULL,
            is_renewable = $5::boolean, renewal_failed_at = NULL, renewal_words = NULL,
            updated_at = now()
        WHERE id = $1::bigint
        """
    )

    /// Another account takes the place of these; their tokens stay, see the migration.
    static let replace = PostgresStatement(
        """
        UPDATE broker_account SET status = 'disconnected', updated_at = now()
        WHERE id = ANY ($1::bigint[])
        """
    )

    static let forget = PostgresStatement(
        """
        UPDATE broker_account
        SET token = NULL, status = 'disconnected', session_ends = NULL, updated_at = now()
        WHERE id = $1::bigint
        """
    )

    /// The token of account $1, whose client's orders go to it still.
    static let logOut = PostgresStatement(
        """
        UPDATE broker_account
        SET token = NULL, session_ends = NULL, updated_at = now(),
            status = CASE WHEN status = 'connected' THEN 'expired' ELSE status END
        WHERE id = $1::bigint
        """
    )

    /// The token of account $1 with whose it is, locked.
    static let lockToken = PostgresStatement(
        """
        SELECT c.id, c.trader_id, a.broker, a.broker_client_id, a.token
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.id = $1::bigint FOR NO KEY UPDATE OF a
        """
    )

    /// The app of account $1.
    static let forgetApp = PostgresStatement(
        "DELETE FROM login_app WHERE account_id = $1::bigint"
    )

    static let lockOne = PostgresStatement(
        """
        SELECT a.broker, a.broker_client_id, a.status, a.token IS NOT NULL, c.trader_id
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.id = $1::bigint AND a.client_id = $2::bigint
        FOR NO KEY UPDATE OF a
        """
    )

    /// The connected accounts among these, each with its token.
    static let lockConnected = PostgresStatement(
        """
        SELECT a.id, a.client_id, c.trader_id, a.broker, a.broker_client_id, a.token
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.id = ANY ($1::bigint[]) AND a.status = 'connected'
        ORDER BY a.id FOR NO KEY UPDATE OF a
        """
    )

    static let expire = PostgresStatement(
        """
        UPDATE broker_account SET status = 'expired', updated_at = now()
        WHERE id = ANY ($1::bigint[])
        """
    )

    static let session = PostgresStatement(
        """
        SELECT broker_client_id, token, egress FROM broker_account
        WHERE id = $1::bigint AND status = 'connected'
          AND (session_ends IS NULL OR session_ends > now())
        """
    )
}
