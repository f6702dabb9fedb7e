import NetworkTrouble
import Postgres
import ServerTesting
import Testing

/// The error that `body` throws; a test failure where it throws none of PostgreSQL's.
func postgresError(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async -> PostgresError? {
    do {
        try await body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
    return nil
}

extension PostgresError {
    /// The server's refusal, where it is one.
    var refusal: PostgresServerError? {
        guard case .server(let error) = self else { return nil }
        return error
    }
    var isConnectionLost: Bool {
        guard case .connectionLost = self else { return false }
        return true
    }
    var isUnavailable: Bool {
        guard case .unavailable = self else { return false }
        return true
    }
    var isCancelled: Bool {
        guard case .cancelled = self else { return false }
        return true
    }
    var isOutcomeUnknown: Bool {
        guard case .outcomeUnknown = self else { return false }
        return true
    }
}

/// Statements that many tests use, on a table `t (id bigint PRIMARY KEY, name text)`.
enum Table {
    static let insert = PostgresStatement("INSERT INTO t VALUES ($1, $2)")
    static let ids = PostgresStatement("SELECT id FROM t ORDER BY id")
    static let backend = PostgresStatement("SELECT pg_backend_pid()")
    static let one = PostgresStatement("SELECT $1::bigint")
    static let sleep = PostgresStatement("SELECT pg_sleep(600)")
    static let begin = PostgresStatement("BEGIN")
    static let commit = PostgresStatement("COMMIT")
    static let terminate = PostgresStatement("SELECT pg_terminate_backend($1::int)")
    /// How many sessions with that name run a statement with that text in it, or are in whatever
    /// state where the text is empty.
    static let sessions = PostgresStatement(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE application_name = $1::text AND ($2::text = '' OR state = 'active' AND query LIKE $2)
        """
    )

    static func create(on pool: PostgresPool) async throws {
        try await pool.withConnection {
            try await $0.execute(script: "CREATE TABLE t (id bigint PRIMARY KEY, name text)")
        }
    }

    static func ids(on pool: PostgresPool) async throws -> [Int64] {
        try await pool.query(ids).map { $0.int(0) }
    }

    static func pid(_ connection: PostgresConnection) async throws -> Int64 {
        try await connection.query(backend)[0].int(0)
    }
}

extension TestDatabase {
    /// A schema, a proxy before the server, and a pool that connects through the proxy.
    static func withProxiedPool(
        size: Int = 2,
        connectTimeout: Duration = .seconds(30),
        named name: String = "volley",
        _ body: (PostgresPool, TestProxy, _ direct: PostgresPool) async throws -> Void
    ) async throws {
        try await withSchema { configuration in
            let proxy = try TestServer.postgres.proxy()
            var proxied = try PostgresConfiguration(
                url: TestServer.postgres.url(throughPort: proxy.port)
            )
            proxied.searchPath = configuration.searchPath
            proxied.connectTimeout = connectTimeout
            proxied.applicationName = name
            let pool = PostgresPool(proxied, size: size, acquireTimeout: .seconds(60))
            let direct = PostgresPool(configuration, size: 2)
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(pool, proxy, direct))
            } catch {
                outcome = .failure(error)
            }
            await proxy.close()
            await pool.close()
            await direct.close()
            try outcome.get()
        }
    }
}
