import Desk
import Postgres

/// The SQL of users, keys and traders.
enum IdentityStatements {
    static let login = PostgresStatement(
        """
        SELECT \(Identity.columns), u.password_hash FROM app_user u
        WHERE lower(u.email) = lower($1) AND u.disabled_at IS NULL
        """
    )

    static let byID = PostgresStatement(
        """
        SELECT \(Identity.columns) FROM app_user u
        WHERE u.id = $1::bigint AND u.disabled_at IS NULL
        """
    )

    static let byKey = PostgresStatement(
        """
        SELECT \(Identity.columns), k.scopes, k.expires_at, k.client_id
        FROM api_key k JOIN app_user u ON u.id = k.user_id
        WHERE k.key_hash = $1::bytea AND k.revoked_at IS NULL AND u.disabled_at IS NULL
          AND (k.expires_at IS NULL OR k.expires_at > now())
        """
    )

    static let page = PostgresStatement(
        """
        SELECT \(Identity.columns) FROM app_user u
        WHERE u.id > $1::bigint AND u.disabled_at IS NULL ORDER BY u.id LIMIT $2::bigint
        """
    )

    /// The client's trader.
    static let traderOfClient = PostgresStatement(
        "SELECT trader_id FROM client WHERE id = $1::bigint"
    )

    static let newTraderID = PostgresStatement(
        "SELECT nextval(pg_get_serial_sequence('trader', 'id'))"
    )

    /// A user, and the trader $6 where $7 says so; nothing at all where the address is taken.
    ///
    /// One statement, since its foreign keys are checked when both rows are there.
    static let insert = PostgresStatement(
        """
        WITH made AS (
            INSERT INTO app_user AS u (email, name, role, password_hash, client_id, trader_id)
            VALUES ($1, $2, $3, $4, $5::bigint, $6::bigint)
            ON CONFLICT ((lower(email))) DO NOTHING
            RETURNING \(Identity.columns)
        ), trader_made AS (
            INSERT INTO trader (id, name) OVERRIDING SYSTEM VALUE
            SELECT made.trader_id, made.name FROM made WHERE $7::boolean
        )
        SELECT * FROM made
        """
    )

    static let insertKey = PostgresStatement(
        """
        INSERT INTO api_key (user_id, name, prefix, key_hash, scopes, expires_at, client_id)
        VALUES ($1::bigint, $2, $3, $4::bytea, $5::text[], $6::timestamptz, $7::bigint)
        RETURNING id, name, prefix, created_at, scopes, expires_at, client_id
        """
    )

    static let keys = PostgresStatement(
        """
        SELECT id, name, prefix, created_at, scopes, expires_at, client_id FROM api_key
        WHERE user_id = $1::bigint AND revoked_at IS NULL ORDER BY id
        """
    )

    static let revokeKey = PostgresStatement(
        """
        UPDATE api_key SET revoked_at = now()
        WHERE id = $1::bigint AND user_id = $2::bigint AND revoked_at IS NULL
        RETURNING name, prefix
        """
    )

    static let usualPart = PostgresStatement(
        "SELECT usual_part_bp FROM trader WHERE id = $1::bigint"
    )

    static let lockTrader = PostgresStatement(
        "SELECT usual_part_bp FROM trader WHERE id = $1::bigint FOR NO KEY UPDATE"
    )

    static let setUsualPart = PostgresStatement(
        "UPDATE trader SET usual_part_bp = $2::bigint WHERE id = $1::bigint"
    )
}
