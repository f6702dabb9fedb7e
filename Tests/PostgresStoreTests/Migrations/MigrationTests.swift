import FoundationEssentials
import Postgres
import ServerTesting
import Testing

@testable import PostgresStore

@Suite(.needs(.postgres)) struct MigrationTests {
    private let first = "CREATE TABLE one (id bigint); INSERT INTO one VALUES (1);"
    private let second = "CREATE TABLE two AS SELECT * FROM one;"

    @Test("Files are applied in their order, once")
    func order() async throws {
        try await withFolder(["0002_two.sql": second, "0001_one.sql": first, "notes.txt": "no"]) {
            (runner, pool, _) async throws in
            #expect(try await runner.migrate() == ["0001_one.sql", "0002_two.sql"])
            #expect(try await runner.migrate() == [])
            #expect(try await rows(of: "two", in: pool) == 1)
        }
    }

    @Test("A file that comes later is applied alone")
    func later() async throws {
        try await withFolder(["0001_one.sql": first]) { runner, pool, folder in
            #expect(try await runner.migrate() == ["0001_one.sql"])
            try write(second, to: "\(folder)/0002_two.sql")
            #expect(try await runner.status().map { $0.appliedAt == nil } == [false, true])
            #expect(try await !runner.isCurrent())
            #expect(try await runner.migrate() == ["0002_two.sql"])
            let status = try await runner.status()
            #expect(status.map(\.file) == ["0001_one.sql", "0002_two.sql"])
            #expect(status.allSatisfy { $0.appliedAt != nil && $0.isUnchanged })
            #expect(try await runner.isCurrent())
            #expect(try await rows(of: "two", in: pool) == 1)
        }
    }

    @Test("A changed file is named, and nothing after it is applied")
    func changed() async throws {
        try await withFolder(["0001_one.sql": first]) { runner, pool, folder in
            _ = try await runner.migrate()
            try write(first + " ", to: "\(folder)/0001_one.sql")
            try write("CREATE TABLE two ()", to: "\(folder)/0002_two.sql")
            await #expect(throws: MigrationFailure.changed(file: "0001_one.sql")) {
                try await runner.migrate()
            }
            #expect(try await runner.status().map(\.isUnchanged) == [false, true])
            await #expect(throws: MigrationFailure.changed(file: "0001_one.sql")) {
                try await runner.isCurrent()
            }
            #expect(try await rows(of: "schema_migration", in: pool) == 1)
        }
    }

    @Test("A renamed file is a changed one")
    func renamed() async throws {
        try await withFolder(["0001_one.sql": first]) { runner, _, folder in
            _ = try await runner.migrate()
            try FileManager.default.removeItem(atPath: "\(folder)/0001_one.sql")
            try write(first, to: "\(folder)/0001_other.sql")
            await #expect(throws: MigrationFailure.changed(file: "0001_other.sql")) {
                try await runner.migrate()
            }
        }
    }

    @Test("A program that is older than its database says so")
    func newer() async throws {
        try await withFolder(["0001_one.sql": first, "0002_two.sql": second]) {
            runner,
            _,
            folder in
            _ = try await runner.migrate()
            try FileManager.default.removeItem(atPath: "\(folder)/0002_two.sql")
            await #expect(throws: MigrationFailure.newerDatabase(file: "0002_two.sql")) {
                try await runner.migrate()
            }
        }
    }

    @Test(
        "A folder with gaps, twins or stray names is refused before anything is applied",
        arguments: [
            (["0001_a.sql", "0003_c.sql"], .gap(number: 2)), (["0002_b.sql"], .gap(number: 1)),
            (["0001_a.sql", "0001_b.sql"], .doubled(number: 1)),
            (["1_a.sql"], .misnamed(file: "1_a.sql")),
            (["0001_.sql"], .misnamed(file: "0001_.sql")),
            (["0000_a.sql"], .misnamed(file: "0000_a.sql")),
            (["0001-a.sql"], .misnamed(file: "0001-a.sql")),
        ] as [([String], MigrationFailure)]
    )
    func folders(names: [String], failure: MigrationFailure) async throws {
        let files = Dictionary(uniqueKeysWithValues: names.map { ($0, "CREATE TABLE t ()") })
        try await withFolder(files) { runner, pool, _ in
            await #expect(throws: failure) { try await runner.migrate() }
            let tables = try await pool.query(
                PostgresStatement(
                    "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                )
            )
            #expect(tables.isEmpty)
        }
    }

    @Test("A folder that is not there is an error that names it")
    func noFolder() async throws {
        try await TestDatabase.withPool { pool in
            let runner = MigrationRunner(pool: pool, folder: "/nonexistent/migrations")
            await #expect(throws: MigrationFailure.unreadable("/nonexistent/migrations")) {
                try await runner.migrate()
            }
        }
    }

    @Test("Of a file that fails nothing is kept, and those before it stay")
    func failing() async throws {
        let bad = "CREATE TABLE half (); INSERT INTO one VALUES ('no number');"
        try await withFolder(["0001_one.sql": first, "0002_bad.sql": bad]) { runner, pool, folder in
            let failure = await #expect(throws: MigrationFailure.self) {
                try await runner.migrate()
            }
            guard case .refused(let file, let words) = failure else {
                Issue.record("not refused: \(String(describing: failure))")
                return
            }
            #expect(file == "0002_bad.sql" && words.contains("no number"))
            #expect(try await rows(of: "schema_migration", in: pool) == 1)
            await #expect(throws: PostgresError.self) { try await rows(of: "half", in: pool) }
            // Mended, it goes on from there.
            try write(second, to: "\(folder)/0002_bad.sql")
            #expect(try await runner.migrate() == ["0002_bad.sql"])
        }
    }

    @Test("A file that ends its own transaction is found out and not noted as applied")
    func committing() async throws {
        try await withFolder(["0001_one.sql": "CREATE TABLE one (); COMMIT; CREATE TABLE two ();"])
        {
            (runner, pool, _) async throws in
            await #expect(throws: MigrationFailure.endsTransaction(file: "0001_one.sql")) {
                try await runner.migrate()
            }
            #expect(try await rows(of: "schema_migration", in: pool) == 0)
        }
    }

    @Test("Runners that start at once apply each file once, and all end well")
    func concurrent() async throws {
        let slow = "CREATE TABLE one (id bigint); SELECT pg_sleep(0.3); INSERT INTO one VALUES (1);"
        let files = [
            "0001_one.sql": slow, "0002_two.sql": "INSERT INTO one VALUES (2);",
            "0003_three.sql": "INSERT INTO one VALUES (3);",
        ]
        try await withFolder(files) { runner, pool, _ in
            let made = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<4 { group.addTask { try await runner.migrate() } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(made.sorted() == files.keys.sorted())
            #expect(try await rows(of: "one", in: pool) == 3)
        }
    }

    @Test("This repository's own migrations apply, and a second run changes nothing")
    func own() async throws {
        try await TestDatabase.withPool { pool in
            let runner = MigrationRunner(pool: pool, folder: AccountsWorld.migrations)
            #expect(try await !runner.isCurrent())
            #expect(try await runner.status().allSatisfy { $0.appliedAt == nil })
            let made = try await runner.migrate()
            #expect(made.first == "0001_accounts.sql" && made.count >= 4)
            #expect(try await runner.migrate() == [])
            let mark = try await pool.query(PostgresStatement("SELECT mark FROM installation"))
            #expect(mark[0].text(0).utf8.count == 3)
        }
    }

    private func rows(of table: String, in pool: PostgresPool) async throws -> Int {
        Int(try await pool.query(PostgresStatement("SELECT count(*) FROM \(table)"))[0].int(0))
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// Runs `body` with a runner over a folder with these files, in a schema of its own.
    private func withFolder(
        _ files: [String: String],
        _ body: (MigrationRunner, PostgresPool, String) async throws -> Void
    ) async throws {
        let folder =
            FileManager.default.temporaryDirectory.path + "/migrations-" + TestNames.unique()
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in files { try write(text, to: "\(folder)/\(name)") }
        try await TestDatabase.withPool { pool in
            try await body(MigrationRunner(pool: pool, folder: folder), pool, folder)
        }
    }
}
