import Desk
import Postgres

/// The SQL of logins that can be ended, and of tries to log in.
enum LoginSessionStatements {
    /// Makes rows for those subjects ($1) that have none, so that each can be locked.
    static let makeTries = PostgresStatement(
        """
        INSERT INTO login_failure (subject)
        SELECT n.subject FROM unnest($1::bytea[]) AS n (subject) ORDER BY n.subject
        ON CONFLICT (subject) DO NOTHING
        """
    )

    /// Locks the tries of these subjects ($1); gives the time too, by which all processes count.
    static let lockTries = PostgresStatement(
        """
        SELECT f.subject, f.failures, f.last_at, f.blocked_until, now() FROM login_failure f
        WHERE f.subject = ANY ($1::bytea[]) ORDER BY f.subject FOR NO KEY UPDATE
        """
    )

    static let setTries = PostgresStatement(
        """
        UPDATE login_failure AS f
        SET failures = n.failures, last_at = n.last_at, blocked_until = n.blocked_until
        FROM unnest($1::bytea[], $2::bigint[], $3::timestamptz[], $4::timestamptz[])
             AS n (subject, failures, last_at, blocked_until)
        WHERE f.subject = n.subject
        """
    )

    private static let columns = """
        s.id, s.user_id, s.created_at, s.refreshed_at, s.ends_at, s.address, s.agent
        """
    private static let isOpen = "s.revoked_at IS NULL AND s.ends_at > now()"

    /// Sessions of a user ($1) that ended long ago.
    static let sweep = PostgresStatement(
        """
        DELETE FROM login_session
        WHERE user_id = $1::bigint AND ends_at < now() - interval '30 days'
        """
    )

    static let open = PostgresStatement(
        """
        INSERT INTO login_session AS s (user_id, refresh_hash, ends_at, address, agent)
        VALUES ($1::bigint, $2::bytea, now() + $3::bigint * interval '1 microsecond',
                $4::text, $5::text)
        RETURNING \(columns)
        """
    )

    static let identity = PostgresStatement(
        """
        SELECT \(Identity.columns) FROM login_session s JOIN app_user u ON u.id = s.user_id
        WHERE s.id = $1::bigint AND \(isOpen) AND u.disabled_at IS NULL
        """
    )

    static let refresh = PostgresStatement(
        """
        UPDATE login_session AS s
        SET refresh_hash = $2::bytea, former_hash = $1::bytea, refreshed_at = now()
        FROM app_user u
        WHERE s.refresh_hash = $1::bytea AND \(isOpen) AND u.id = s.user_id
          AND u.disabled_at IS NULL
        RETURNING \(columns), \(Identity.columns)
        """
    )

    /// Ends the session whose former token ($1) somebody shows.
    static let endCopied = PostgresStatement(
        """
        UPDATE login_session AS s SET revoked_at = now()
        WHERE s.former_hash = $1::bytea AND \(isOpen) RETURNING s.id, s.user_id
        """
    )

    static let list = PostgresStatement(
        """
        SELECT \(columns) FROM login_session s
        WHERE s.user_id = $1::bigint AND \(isOpen) ORDER BY s.id DESC LIMIT 1000
        """
    )

    /// Ends one session ($2) of a user ($1), or all where null, but one ($3).
    static let end = PostgresStatement(
        """
        UPDATE login_session AS s SET revoked_at = now()
        WHERE s.user_id = $1::bigint AND ($2::bigint IS NULL OR s.id = $2::bigint)
          AND ($3::bigint IS NULL OR s.id <> $3::bigint) AND \(isOpen)
        RETURNING s.id
        """
    )

    static let passwordHash = PostgresStatement(
        "SELECT password_hash FROM app_user WHERE id = $1::bigint AND disabled_at IS NULL"
    )

    static let setPassword = PostgresStatement(
        "UPDATE app_user SET password_hash = $2 WHERE id = $1::bigint RETURNING id"
    )

    static let factor = PostgresStatement(
        """
        SELECT totp_secret, totp_confirmed_at IS NOT NULL, totp_used_step FROM app_user
        WHERE id = $1::bigint AND totp_secret IS NOT NULL
        """
    )

    static let setUpFactor = PostgresStatement(
        """
        UPDATE app_user SET totp_secret = $2::bytea, totp_used_step = NULL
        WHERE id = $1::bigint AND totp_confirmed_at IS NULL RETURNING id
        """
    )

    static let confirmFactor = PostgresStatement(
        """
        UPDATE app_user SET totp_confirmed_at = now(), totp_used_step = $2::bigint
        WHERE id = $1::bigint AND totp_secret IS NOT NULL AND totp_confirmed_at IS NULL
        RETURNING id
        """
    )

    static let useStep = PostgresStatement(
        """
        UPDATE app_user SET totp_used_step = $2::bigint
        WHERE id = $1::bigint AND (totp_used_step IS NULL OR totp_used_step < $2::bigint)
        RETURNING id
        """
    )

    static let addCodes = PostgresStatement(
        """
        INSERT INTO recovery_code (user_id, code_hash)
        SELECT $1::bigint, n.hash FROM unnest($2::bytea[]) AS n (hash)
        """
    )

    static let useCode = PostgresStatement(
        """
        UPDATE recovery_code SET used_at = now()
        WHERE user_id = $1::bigint AND code_hash = $2::bytea AND used_at IS NULL
        RETURNING user_id
        """
    )

    static let removeCodes = PostgresStatement(
        "DELETE FROM recovery_code WHERE user_id = $1::bigint"
    )

    private static let takeFactor = """
        UPDATE app_user
        SET totp_secret = NULL, totp_confirmed_at = NULL, totp_used_step = NULL
        WHERE id = $1::bigint
        """
    static let removeFactor = PostgresStatement(takeFactor)
    static let resetFactor = PostgresStatement(
        takeFactor + " AND totp_secret IS NOT NULL RETURNING id"
    )
}
