import Desk
import Postgres
import Trading

/// How the database is told on whose behalf a transaction reads and writes: see migration 0020.
extension Viewer {
    /// The call that a transaction of the current viewer begins with; none where everything is seen.
    static var calls: [Call] {
        guard let viewer = current else { return [] }
        return [
            (
                take,
                [
                    .text("\(viewer.user)"), .text("\(viewer.trader)"),
                    .text(viewer.client.map { "\($0)" } ?? ""),
                ]
            )
        ]
    }

    /// Ends with the transaction, whatever becomes of it.
    ///
    /// With the conditions of row-level security between them, the planner takes what a trader owns for
    /// a few rows. It would then compare each of ten thousand ids with each of ten thousand orders,
    /// where nobody lets it hash them.
    private static let take = PostgresStatement(
        """
        SELECT set_config('volley.user', $1, true), set_config('volley.trader', $2, true),
               set_config('volley.client', $3, true), set_config('role', 'volley_viewer', true),
               set_config('enable_hashjoin', 'on', true)
        """
    )
}
