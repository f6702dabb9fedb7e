import NetworkTrouble
import Postgres
import ServerTesting
import Testing

@Suite("PostgreSQL: notices", .needs(.postgres))
struct PostgresListenTests {
    private typealias Heard = AsyncThrowingStream<String, any Error>.Iterator

    private static let notify = PostgresStatement("SELECT pg_notify($1, $2)")

    private func expect(
        _ expected: String?,
        from heard: inout Heard,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let next = try await heard.next(isolation: #isolation)
        #expect(next == expected, sourceLocation: sourceLocation)
    }

    @Test("A listener hears every notice, also after its connection was cut")
    func overACut() async throws {
        // Channels are the whole database's, and names are quoted.
        let channel = "Tests \"\(TestNames.unique())\""
        try await TestDatabase.withProxiedPool { pool, proxy, direct in
            var heard = pool.listen(channel).makeAsyncIterator()
            // Listening has begun.
            try await expect("", from: &heard)
            for text in ["a", "₹ b", "c"] {
                _ = try await direct.query(Self.notify, [.text(channel), .text(text)])
            }
            try await expect("a", from: &heard)
            try await expect("₹ b", from: &heard)
            try await expect("c", from: &heard)
            for round in 0..<3 {
                await proxy.cut()
                // It is back, and something may have been missed.
                try await expect("", from: &heard)
                _ = try await direct.query(Self.notify, [.text(channel), .text("\(round)")])
                try await expect("\(round)", from: &heard)
            }
            await proxy.refuse()
            await proxy.accept()
            try await expect("", from: &heard)
        }
    }

    @Test("The stream ends when the pool is closed")
    func endsWithThePool() async throws {
        try await TestDatabase.withSchema { configuration in
            let pool = PostgresPool(configuration, size: 1)
            var heard = pool.listen(TestNames.unique()).makeAsyncIterator()
            try await expect("", from: &heard)
            await pool.close()
            try await expect(nil, from: &heard)
            var late = pool.listen(TestNames.unique()).makeAsyncIterator()
            try await expect(nil, from: &late)
        }
    }

    @Test("A listener whose reader has gone closes its connection")
    func endsWithTheReader() async throws {
        try await TestDatabase.withSchema { configuration in
            var configuration = configuration
            configuration.applicationName = TestNames.unique()
            let pool = PostgresPool(configuration, size: 1)
            for try await _ in pool.listen(TestNames.unique()) { break }
            let name = PostgresValue.text(configuration.applicationName)
            try await eventually {
                try await pool.query(Table.sessions, [name, .text("")])[0].int(0) == 1
            }
            await pool.close()
        }
    }

    @Test("A reader that was too slow is told so")
    func slowReader() async throws {
        let channel = TestNames.unique()
        try await TestDatabase.withPool(size: 1) { pool in
            let stream = pool.listen(channel)
            var heard = stream.makeAsyncIterator()
            try await expect("", from: &heard)
            let flood = PostgresStatement(
                "SELECT pg_notify($1, n::text) FROM generate_series(1, 5000) n"
            )
            _ = try await pool.query(flood, [.text(channel)])
            _ = try await pool.query(Self.notify, [.text(channel), .text("last")])
            var marks = 0
            var texts = 0
            while let text = try await heard.next(), text != "last" {
                if text.isEmpty { marks += 1 } else { texts += 1 }
            }
            // Nothing is missing, or a mark says so.
            #expect(texts == 5000 || marks > 0)
        }
    }
}
