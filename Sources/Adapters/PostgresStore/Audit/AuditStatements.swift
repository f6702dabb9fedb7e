import Desk
import Postgres
import Trading

/// The SQL of reading, sealing and verifying the audit log.
enum AuditStatements {
    /// Rows from $1 on and before $2, of an action ($3), trader ($4), client ($5) and user ($6),
    /// each null for all, beyond the place $7, $8; $9 at most.
    static let newest = PostgresStatement(
        """
        SELECT \(AuditRecord.columns) FROM audit_log a
        WHERE a.at >= $1 AND a.at < $2
          AND ($3::text IS NULL OR a.action = $3)
          AND ($4::bigint IS NULL OR a.trader_id = $4)
          AND ($5::bigint IS NULL OR a.client_id = $5)
          AND ($6::bigint IS NULL OR a.user_id = $6)
          AND ($7::timestamptz IS NULL OR (a.at, a.id) < ($7, $8::bigint))
        ORDER BY a.at DESC, a.id DESC LIMIT $9
        """
    )

    static let highestID = PostgresStatement(
        """
        SELECT coalesce(
            pg_sequence_last_value(pg_get_serial_sequence('audit_log', 'id')::regclass), 0
        )
        """
    )

    /// Transactions that insert into the log, or may be about to.
    static let writers = PostgresStatement(
        """
        SELECT DISTINCT l.virtualtransaction FROM pg_locks l
        WHERE l.locktype = 'relation' AND l.relation = 'audit_log'::regclass AND l.granted
          AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
          AND l.mode = 'RowExclusiveLock'
        """
    )

    static let takeTime = PostgresStatement("SET LOCAL statement_timeout = 0")
    /// A range of rows is sorted as a whole, and is larger than what other statements ever sort.
    static let sortInMemory = PostgresStatement("SET LOCAL work_mem = '64MB'")

    /// Rows with ids from $1 to $2 and times from $3 to $4, all included.
    static let rows = PostgresStatement(
        """
        SELECT \(AuditRecord.columns) FROM audit_log a
        WHERE a.id >= $1 AND a.id <= $2 AND a.at >= $3 AND a.at <= $4
        ORDER BY a.id, a.at
        """
    )

    static let row = PostgresStatement("SELECT a.id FROM audit_log a WHERE a.id = $1 LIMIT 1")

    /// Rows beyond an id ($1), none of them older than $2.
    static let unsealed = PostgresStatement(
        "SELECT count(*), min(a.at) FROM audit_log a WHERE a.id > $1 AND a.at >= $2"
    )

    /// The first row from $1 on and before $2 whose id is within the chain, and its time is not.
    static let stray = PostgresStatement(
        """
        SELECT a.id, s.number
        FROM audit_log a
        LEFT JOIN LATERAL (
            SELECT x.number, x.from_at, x.to_at FROM audit_seal x
            WHERE x.from_id <= a.id ORDER BY x.from_id DESC LIMIT 1
        ) AS s ON true
        WHERE a.at >= $1 AND a.at < $2
          AND a.id <= coalesce((SELECT y.to_id FROM audit_seal y ORDER BY y.number DESC LIMIT 1), 0)
          AND (s.number IS NULL OR a.at < s.from_at OR a.at > s.to_at)
        ORDER BY a.id LIMIT 1
        """
    )

    static let lastSeal = PostgresStatement(
        "SELECT \(AuditSeal.columns) FROM audit_seal ORDER BY number DESC LIMIT 1"
    )

    /// Seals beyond a number ($1), $2 at most.
    static let seals = PostgresStatement(
        """
        SELECT \(AuditSeal.columns) FROM audit_seal WHERE number > $1 ORDER BY number LIMIT $2
        """
    )

    static let marks = PostgresStatement("SELECT marks FROM audit_seal WHERE number = $1")

    static let addSeal = PostgresStatement(
        """
        INSERT INTO audit_seal (
            number, from_id, to_id, row_count, total, from_at, to_at, sealed_at, rows_hash, marks,
            marks_hash, previous, hash
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT DO NOTHING RETURNING number
        """
    )
}
