import Postgres
import ServerTesting
import Synchronization
import Telemetry
import Testing

@Suite("PostgreSQL: addresses, and what errors show")
struct PostgresSecrecyTests {
    /// Everything that printing and dumping can show.
    private func shown(_ value: some Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) \(String(reflecting: value)) \(Optional(value) as Any) \(dumped)"
    }

    @Test("No error shows a parameter", .needs(.postgres))
    func parameters() async throws {
        let secret = "S3cr3tValue"
        try await TestDatabase.withPool(size: 1) { pool in
            try await pool.withConnection {
                try await $0.execute(
                    script: """
                        CREATE TABLE t (
                            id bigint, name text CONSTRAINT one_name UNIQUE CHECK (name <> 'x')
                        );
                        CREATE FUNCTION loud(text) RETURNS text LANGUAGE plpgsql AS
                        $$ BEGIN RAISE EXCEPTION 'value %', $1; END $$;
                        """
                )
            }
            let insert = PostgresStatement("INSERT INTO t VALUES (1, $1)")
            _ = try await pool.query(insert, [.text(secret)])
            let calls: [(PostgresStatement, [PostgresValue])] = [
                (insert, [.text(secret)]),
                (PostgresStatement("SELECT $1::bigint"), [.text(secret)]),
                (PostgresStatement("SELECT $1::jsonb"), [.json("{\"\(secret)\"")]),
                (PostgresStatement("SELECT loud($1)"), [.text(secret)]),
            ]
            for (statement, values) in calls {
                let error = await postgresError { _ = try await pool.query(statement, values) }
                let error1 = try #require(error)
                #expect(error1.refusal != nil)
                #expect(!shown(error1).contains(secret))
                #expect(!shown(try #require(error1.refusal)).contains(secret))
            }
            let error = await postgresError { _ = try await pool.query(insert, [.text(secret)]) }
            #expect(error?.description.contains("one_name") == true)
            #expect(error?.description.contains("23505") == true)
            // Whoever wants it can have it.
            #expect(error?.refusal?.detail?.contains(secret) == true)
        }
    }

    @Test("Neither an address nor a failure to connect shows the password")
    func password() async throws {
        let url = "postgresql://someone:S3cr3t%21@127.0.0.1:1/nowhere?connect_timeout=20"
        let configuration = try PostgresConfiguration(url: url)
        #expect(configuration.connectTimeout == .seconds(20))
        #expect(!shown(configuration).contains("S3cr3t"))
        #expect("\(configuration)" == "someone@127.0.0.1:1/nowhere")
        let lines = Mutex<[String]>([])
        let logger = Logger(program: "test", level: .debug) { line in
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        let pool = PostgresPool(configuration, size: 1, logger: logger)
        let error = await postgresError { _ = try await pool.query(Table.one, [.int(1)]) }
        #expect(error?.isUnavailable == true)
        #expect(!shown(error as Any).contains("S3cr3t"))
        let log = lines.withLock { $0.joined() }
        #expect(log.contains("no connection") && !log.contains("S3cr3t"))
        await pool.close()
    }

    @Test(
        "An address that is none of PostgreSQL's is refused, and not quoted",
        arguments: [
            "", "S3cr3t", "mysql://u:S3cr3t@h/d", "postgresql://u:S3cr3t%zz@h/d",
            "postgresql://u:S3cr3t@h/d?nonsense=1", "postgresql://u:S3cr3t@[::1/d",
            "postgresql://u:S3cr3t@h/d\0", "host=h password=S3cr3t",
        ]
    )
    func invalidURL(url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        guard case .invalidURL = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(!shown(error as Any).contains("S3cr3t"))
    }

    @Test("Session settings reach the server, whatever characters they hold", .needs(.postgres))
    func settings() async throws {
        var configuration = try PostgresConfiguration(url: TestServer.postgres.url())
        configuration.applicationName = "it's \\ \"me\""
        configuration.searchPath = "\"a b\\c\", public"
        configuration.statementTimeout = .milliseconds(12_345)
        let pool = PostgresPool(configuration, size: 1)
        let row = try await pool.query(
            PostgresStatement(
                """
                SELECT current_setting('application_name'), current_setting('search_path'),
                    current_setting('statement_timeout'), current_setting('client_encoding')
                """
            )
        )[0]
        #expect(row.text(0) == "it's \\ \"me\"")
        #expect(row.text(1) == "\"a b\\c\", public")
        #expect(row.text(2) == "12345ms" && row.text(3) == "UTF8")
        await pool.close()
    }

    @Test("What may be tried again is what was surely not done, and may yet succeed")
    func retryable() {
        let retryable = ["40001", "40P01", "55P03", "57P03", "53300"]
        let final = ["23505", "22P02", "42P01", "57014", "08P01", "25P02", ""]
        for (states, expected) in [(retryable, true), (final, false)] {
            for state in states {
                let error = PostgresServerError(sqlState: state, message: "m")
                #expect(PostgresError.server(error).isRetryable == expected)
            }
        }
        #expect(PostgresError.unavailable("r").isRetryable)
        #expect(!PostgresError.connectionLost("r").isRetryable)
        #expect(!PostgresError.outcomeUnknown.isRetryable && !PostgresError.cancelled.isRetryable)
    }
}
