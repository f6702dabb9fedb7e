import Postgres

/// The SQL that keeps the record of applied migrations.
enum MigrationStatements {
    /// A migration may take as long as it needs, and so may waiting for another runner.
    static let noTimeout = PostgresStatement("SET LOCAL statement_timeout = 0")

    /// One runner at a time in this schema, until its transaction ends.
    static let lock = PostgresStatement(
        "SELECT pg_advisory_xact_lock(hashtextextended('migrations ' || current_schema(), 0))"
    )

    static let prepare = PostgresStatement(
        """
        CREATE TABLE IF NOT EXISTS schema_migration (
            number     bigint PRIMARY KEY,
            file       text NOT NULL,
            checksum   text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )

    static let isPrepared = PostgresStatement(
        "SELECT to_regclass(quote_ident(current_schema()) || '.schema_migration') IS NOT NULL"
    )

    static let applied = PostgresStatement(
        "SELECT number, file, checksum, applied_at FROM schema_migration"
    )

    static let note = PostgresStatement(
        "INSERT INTO schema_migration (number, file, checksum) VALUES ($1::bigint, $2, $3)"
    )

    /// Names the running transaction.
    static let transaction = PostgresStatement("SELECT txid_current()")
}
