extension PostgresPool {
    /// Ends the sessions of programs that stalled in the middle of what they were saying, while their
    /// sessions hold locks; gives how many.
    ///
    /// A program that freezes between two statements leaves a session that is "idle in transaction",
    /// which the server ends by itself. One that freezes while it sends a pipeline, or while it takes an
    /// answer, leaves one that is "active", to which no timeout of the server applies: its locks stay
    /// until the program wakes. Where a statement began `patience` ago and the session has since then
    /// only waited for its client, nobody is coming. COPY waits for its client by nature, and gets
    /// sixty times as long.
    ///
    /// Only sessions of this user and database are looked at whose application name begins with `name`.
    package func endStalledSessions(
        named name: String,
        after patience: Duration
    ) async throws(PostgresError) -> Int {
        let seconds = Double(patience / .milliseconds(1)) / 1000
        let rows = try await query(Self.endStalled, [.text(name), .text("\(seconds)s")])
        return rows.count
    }

    /// A session with a transaction id has written or locked rows; others hold up nobody for long.
    private static let endStalled = PostgresStatement(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
          AND starts_with(application_name, $1)
          AND state = 'active' AND wait_event IN ('ClientRead', 'ClientWrite')
          AND backend_xid IS NOT NULL
          AND state_change < clock_timestamp()
              - $2::interval * CASE WHEN query ILIKE 'copy %' THEN 60 ELSE 1 END
        """
    )
}
