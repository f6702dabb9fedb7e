import Postgres
import Trading

/// The SQL of sessions that are asked for in a broker's own app.
enum LoginRequestStatements {
    /// App $2 with the sealed secret $3 for account $1.
    static let keep = PostgresStatement(
        """
        INSERT INTO login_app (account_id, app_key, app_secret) VALUES ($1::bigint, $2, $3::bytea)
        ON CONFLICT (account_id) DO UPDATE
        SET app_key = excluded.app_key, app_secret = excluded.app_secret, updated_at = now()
        """
    )

    static let ownApp = PostgresStatement(
        "SELECT app_key, app_secret FROM login_app WHERE account_id = $1::bigint"
    )

    /// Locks account $1, for requests of it to be told apart; with its client and trader.
    static let lock = PostgresStatement(
        """
        SELECT c.id, c.trader_id, a.broker, a.broker_client_id
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.id = $1::bigint FOR NO KEY UPDATE OF a
        """
    )

    /// Whether account $1 was asked less than a minute ago, and has not answered.
    static let isAsked = PostgresStatement(
        """
        SELECT EXISTS (
            SELECT FROM login_link
            WHERE account_id = $1::bigint AND app_key IS NOT NULL AND used_at IS NULL
              AND created_at > now() - interval '1 minute'
        )
        """
    )

    /// A request of mark $1 to account $2 by app $4, until $3.
    static let note = PostgresStatement(
        """
        INSERT INTO login_link (mark, account_id, ends_at, app_key)
        VALUES ($1::bytea, $2::bigint, $3::timestamptz, $4)
        """
    )

    static let withdraw = PostgresStatement(
        """
        UPDATE login_link SET used_at = now() WHERE mark = $1::bytea AND used_at IS NULL
        """
    )

    /// The account with number $1 at broker $2 that app $3 has an open request to.
    static let asked = PostgresStatement(
        """
        SELECT \(BrokerAccount.columns)
        FROM login_link l
        JOIN broker_account a ON a.id = l.account_id JOIN client c ON c.id = a.client_id
        WHERE a.broker_client_id = $1 AND a.broker = $2 AND l.app_key = $3
          AND \(LoginStatements.isOpen)
        LIMIT 1
        """
    )

    /// Locks the account with number $1 at broker $2: of two messages one goes first.
    static let lockNumber = PostgresStatement(
        """
        SELECT id FROM broker_account WHERE broker_client_id = $1 AND broker = $2
        FOR NO KEY UPDATE
        """
    )

    /// Takes the oldest of those requests with the token of SHA-256 $4, where it took none before.
    static let use = PostgresStatement(
        """
        UPDATE login_link u SET used_at = now(), granted_hash = $4::bytea
        FROM broker_account a
        WHERE a.id = u.account_id AND u.mark = (
            SELECT l.mark
            FROM login_link l
            JOIN broker_account a ON a.id = l.account_id JOIN client c ON c.id = a.client_id
            WHERE a.broker_client_id = $1 AND a.broker = $2 AND l.app_key = $3
              AND \(LoginStatements.isOpen)
            ORDER BY l.created_at, l.mark LIMIT 1
        ) AND NOT EXISTS (
            SELECT FROM login_link g
            WHERE g.account_id = u.account_id AND g.granted_hash = $4::bytea
        )
        RETURNING \(BrokerAccount.columns)
        """
    )
}
