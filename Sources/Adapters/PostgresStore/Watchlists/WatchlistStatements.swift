import Postgres
import Trading

/// The SQL of watchlists.
enum WatchlistStatements {
    /// A user's lists change one after the other, so that they can be counted.
    static let lockUser = PostgresStatement(
        "SELECT id FROM app_user WHERE id = $1::bigint FOR NO KEY UPDATE"
    )

    private static let columns = """
        w.id, w.name,
        (SELECT count(*) FROM watchlist_item i WHERE i.watchlist_id = w.id), w.updated_at
        """

    static let heads = PostgresStatement(
        "SELECT \(columns) FROM watchlist w WHERE w.user_id = $1::bigint ORDER BY w.name, w.id"
    )

    static let head = PostgresStatement(
        """
        SELECT \(columns) FROM watchlist w WHERE w.id = $1::bigint AND w.user_id = $2::bigint
        """
    )

    static let items = PostgresStatement(
        """
        SELECT \(Instrument.columns), n.price, n.margin_leverage
        FROM watchlist w
        JOIN watchlist_item i ON i.watchlist_id = w.id
        JOIN instrument n ON n.id = i.instrument_id
        WHERE w.id = $1::bigint AND w.user_id = $2::bigint
        ORDER BY i.place
        """
    )

    static let insert = PostgresStatement(
        "INSERT INTO watchlist (user_id, name) VALUES ($1::bigint, $2) RETURNING id"
    )

    static let rename = PostgresStatement(
        "UPDATE watchlist SET name = $2, updated_at = now() WHERE id = $1::bigint"
    )

    static let clear = PostgresStatement(
        "DELETE FROM watchlist_item WHERE watchlist_id = $1::bigint"
    )

    /// Each of the instruments $2 at its first place.
    static let fill = PostgresStatement(
        """
        INSERT INTO watchlist_item (watchlist_id, place, instrument_id)
        SELECT $1::bigint, min(n.place), n.id
        FROM unnest($2::bigint[]) WITH ORDINALITY AS n (id, place)
        GROUP BY n.id
        """
    )

    static let remove = PostgresStatement(
        """
        DELETE FROM watchlist WHERE id = $1::bigint AND user_id = $2::bigint RETURNING name
        """
    )
}
