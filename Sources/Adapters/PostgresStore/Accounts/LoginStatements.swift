import Postgres
import Trading

/// The SQL of links to login pages.
enum LoginStatements {
    /// A link of mark $1 for account $2 that ends at $3; gives the client and its trader, broker and
    /// number.
    static let note = PostgresStatement(
        """
        WITH made AS (
            INSERT INTO login_link (mark, account_id, ends_at)
            VALUES ($1::bytea, $2::bigint, $3::timestamptz)
        )
        SELECT c.id, c.trader_id, a.broker, a.broker_client_id
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.id = $2::bigint
        """
    )

    /// Links of account $1 that ended long ago.
    static let sweep = PostgresStatement(
        """
        DELETE FROM login_link
        WHERE account_id = $1::bigint AND ends_at < now() - interval '1 day'
        """
    )

    /// Takes link $1 of account $2 at broker $3: of two who come at once the second finds it used.
    static let use = PostgresStatement(
        """
        UPDATE login_link l SET used_at = now()
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE l.mark = $1::bytea AND l.account_id = $2::bigint AND a.id = l.account_id
          AND a.broker = $3 AND \(isOpenLink)
        RETURNING \(BrokerAccount.columns)
        """
    )

    /// Takes all links of the account with number $1 at broker $2.
    static let useAll = PostgresStatement(
        """
        UPDATE login_link l SET used_at = now()
        FROM broker_account a JOIN client c ON c.id = a.client_id
        WHERE a.broker_client_id = $1 AND a.broker = $2 AND l.account_id = a.id AND \(isOpenLink)
        RETURNING \(BrokerAccount.columns)
        """
    )

    static let areAnyOpen = PostgresStatement(
        """
        SELECT EXISTS (
            SELECT FROM login_link l JOIN broker_account a ON a.id = l.account_id
            WHERE a.broker = $1 AND l.used_at IS NULL AND l.ends_at > now() AND l.app_key IS NULL
        )
        """
    )

    /// Makes the open links of account $1 to login pages useless, and no request.
    static let revokeLinks = PostgresStatement(
        """
        UPDATE login_link SET used_at = now()
        WHERE account_id = $1::bigint AND used_at IS NULL AND app_key IS NULL
        """
    )

    /// Makes the open links of account $1, and requests to it, useless.
    static let revoke = PostgresStatement(
        """
        UPDATE login_link SET used_at = now()
        WHERE account_id = $1::bigint AND used_at IS NULL
        """
    )

    static let isOpen = "l.used_at IS NULL AND l.ends_at > now() AND c.status <> 'archived'"
    private static let isOpenLink = "l.app_key IS NULL AND " + isOpen
}
