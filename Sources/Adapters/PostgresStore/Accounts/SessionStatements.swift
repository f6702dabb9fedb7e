import Postgres

/// The SQL of sessions and what brokers say of them.
enum SessionStatements {
    /// Accounts at brokers $1 to be asked about: not since $2, or since they should be over, or not
    /// answered when they were; or with an address that is to be registered, five minutes ago; or since
    /// their broker gave no new token for theirs.
    static let due = PostgresStatement(
        """
        SELECT a.id, a.broker, a.broker_client_id, a.token, a.egress, a.session_ends
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.status = 'connected' AND c.status = 'active' AND a.broker = ANY ($1::text[])
          AND (a.checked_at IS NULL OR a.checked_at < $2::timestamptz
               OR a.session_ends <= now() AND a.checked_at < a.session_ends
               OR a.renewal_failed_at > a.checked_at
               OR (a.check_result = 'unreachable' OR a.egress_standing = 'not_registered') 
                   AND a.checked_at < now() - interval '5 minutes')
        ORDER BY a.id
        LIMIT $3::bigint
        """
    )

    /// What was said of accounts $1 with tokens $2: results $3, words $4, ends $5 (null: as before);
    /// of their addresses $6 (null: as before), with the broker's list $7.
    static let note = PostgresStatement(
        """
        UPDATE broker_account a
        SET checked_at = now(), check_result = n.result, check_words = n.words,
            session_ends = coalesce(n.ends, a.session_ends),
            egress_standing = coalesce(n.standing, a.egress_standing),
            egress_words = CASE WHEN n.standing IS NULL THEN a.egress_words ELSE n.list END
        FROM unnest(
            $1::bigint[], $2::bytea[], $3::text[], $4::text[], $5::timestamptz[], $6::text[],
            $7::text[]
        ) AS n (id, token, result, words, ends, standing, list)
        WHERE a.id = n.id AND a.token = n.token
        """
    )

    /// Accounts at brokers $1 (of them $2; null: all) whose tokens may be renewed and end before $3
    /// (null: whenever they do).
    static let renewable = PostgresStatement(
        """
        SELECT a.id, a.broker, a.broker_client_id, a.token, a.egress, a.session_ends
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.status = 'connected' AND a.is_renewable AND c.status = 'active'
          AND a.broker = ANY ($1::text[]) AND ($2::bigint IS NULL OR a.id = $2::bigint)
          AND CASE WHEN $3::timestamptz IS NULL THEN coalesce(a.session_ends > now(), true)
                   ELSE a.session_ends > now() AND a.session_ends < $3::timestamptz END
          AND ($2::bigint IS NOT NULL OR a.renewal_failed_at IS NULL
               OR a.renewal_failed_at < now() - interval '5 minutes')
        ORDER BY a.id
        LIMIT $4::bigint
        """
    )

    /// Account $1 with its client and trader, whoever uses it.
    static let lockRenewed = PostgresStatement(
        """
        SELECT a.client_id, c.trader_id, a.broker, a.broker_client_id, a.token
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.id = $1::bigint AND a.status IN ('connected', 'expired') AND a.token IS NOT NULL
        FOR NO KEY UPDATE OF a
        """
    )

    /// Token $2 in the place of the one that it was made from, ending at $3.
    static let keepRenewed = PostgresStatement(
        """
        UPDATE broker_account
        SET token = $2::bytea, status = 'connected', session_ends = $3::timestamptz,
            checked_at = NULL, check_result = NULL, check_words = NULL,
            renewal_failed_at = NULL, renewal_words = NULL, updated_at = now()
        WHERE id = $1::bigint
        """
    )

    /// Of account $1 with token $2: no new one, as the words $3 say; $4: nor will there ever be one.
    static let noteRenewalFailure = PostgresStatement(
        """
        UPDATE broker_account
        SET renewal_failed_at = now(), renewal_words = $3::text,
            is_renewable = is_renewable AND NOT $4::boolean
        WHERE id = $1::bigint AND token = $2::bytea
        """
    )

    /// Accounts of active clients of trader $1 (null: all) at broker $2 (null: all), with their
    /// states at $3, where the market closes at $4 (null: never); $5: whether each needs an egress.
    private static let states = """
        SELECT a.id, c.id AS client_id, c.code, c.name, a.broker, a.broker_client_id,
               CASE WHEN a.status = 'expired' OR a.check_result = 'ended'
                         OR a.session_ends <= $3::timestamptz THEN 'must_log_in'
                    WHEN a.check_result = 'refused' THEN 'refused'
                    WHEN $5::boolean AND a.egress IS NULL THEN 'no_address'
                    WHEN a.egress_standing = 'not_registered' THEN 'wrong_address'
                    WHEN a.session_ends < $4::timestamptz THEN 'ends_early'
                    WHEN a.check_result = 'unreachable' THEN 'unreachable'
                    WHEN a.check_result IS NULL THEN 'unchecked'
                    ELSE 'ready' END AS state,
               CASE WHEN a.check_result <> 'good' THEN a.check_words
                    WHEN a.egress_standing = 'not_registered' THEN a.egress_words
                    ELSE a.renewal_words END AS words,
               a.session_ends, a.checked_at
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.status IN ('connected', 'expired') AND c.status = 'active'
          AND ($1::bigint IS NULL OR c.trader_id = $1) AND ($2::text IS NULL OR a.broker = $2)
        """

    static let counts = PostgresStatement(
        """
        SELECT s.broker, s.state, count(*) FROM (\(states)) s
        GROUP BY s.broker, s.state ORDER BY s.broker, s.state
        """
    )

    /// One page in state $6 (null: any but ready), after account $7.
    static let page = PostgresStatement(
        """
        SELECT s.* FROM (\(states)) s
        WHERE ($6::text IS NULL AND s.state <> 'ready' OR s.state = $6) AND s.id > $7::bigint
        ORDER BY s.id
        LIMIT $8::bigint
        """
    )
}
