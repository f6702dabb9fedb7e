import Desk
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct SecretRotationTests {
    private static let oldKey = Array<UInt8>(0..<32)
    private static let newKey = Array<UInt8>(100..<132)

    private static let both = SecretBox(key: newKey, former: [oldKey])
    private static let newest = SecretBox(key: newKey)

    /// So many accounts with tokens under the old key, `token 1` and so on.
    private func accounts(_ count: Int, _ world: AccountsWorld) async throws -> [AccountID] {
        var ids: [AccountID] = []
        for number in 1...count {
            let client = try await world.client("C\(number)")
            let account = try await world.connect(
                client.id,
                number: "100\(number)",
                token: "token \(number)"
            )
            ids.append(try #require(account).id)
        }
        return ids
    }

    private func tokens(_ ids: [AccountID], _ world: AccountsWorld, _ box: SecretBox) async throws
        -> [String?]
    {
        let store = PostgresAccountStore(pool: world.pool, secrets: box)
        var tokens: [String?] = []
        for id in ids { tokens.append(try await store.session(id)?.token.reveal()) }
        return tokens
    }

    private func auditLines(_ world: AccountsWorld) async throws -> [String] {
        try await world.pool.query(
            PostgresStatement(
                "SELECT detail::text FROM audit_log WHERE action = 'SECRETS_ROTATED' ORDER BY id"
            )
        ).map { $0.text(0) }
    }

    @Test
    func `after a rotation the newest key alone opens every token, and each batch is audited`()
        async throws
    {
        try await withAccountsWorld { world async throws in
            let ids = try await accounts(5, world)
            let rotate = PostgresSecretRotation(pool: world.pool, secrets: Self.both, batch: 2)
            let report = try await rotate(by: world.actor)
            #expect(report == .init(resealed: 5, current: 0, unreadable: []))
            #expect(
                try await tokens(ids, world, Self.newest) == (1...5).map { "token \($0)" }
            )
            await #expect(throws: StoreFailure.self) {
                try await tokens(ids, world, SecretBox(key: Self.oldKey))
            }
            let lines = try await auditLines(world)
            #expect(lines.count == 3)
            #expect(lines.allSatisfy { $0.contains("broker_account.token") })
            #expect(try await world.tablesContaining("token 1").isEmpty)
        }
    }

    @Test func `a rotation that was stopped goes on where it was, and a third run finds nothing`()
        async throws
    {
        try await withAccountsWorld { world async throws in
            let ids = try await accounts(3, world)
            // As if the first run had come no further than the first account.
            let sealed = Self.newest.seal(Array("token 1".utf8), context: "account:\(ids[0])")
            _ = try await world.pool.query(
                PostgresStatement("UPDATE broker_account SET token = $2 WHERE id = $1::bigint"),
                [.int(ids[0].raw), .bytes(sealed)]
            )
            let rotate = PostgresSecretRotation(pool: world.pool, secrets: Self.both)
            #expect(
                try await rotate(by: world.actor) == .init(resealed: 2, current: 1, unreadable: [])
            )
            #expect(
                try await rotate(by: world.actor) == .init(resealed: 0, current: 3, unreadable: [])
            )
            #expect(try await auditLines(world).count == 1)
            #expect(
                try await tokens(ids, world, Self.newest) == (1...3).map { "token \($0)" }
            )
        }
    }

    @Test func `a token that opens with no key stays as it is and is named`() async throws {
        try await withAccountsWorld { world async throws in
            let ids = try await accounts(2, world)
            let foreign = SecretBox(key: Array(repeating: 9, count: 32))
                .seal(Array("token 1".utf8), context: "account:\(ids[0])")
            _ = try await world.pool.query(
                PostgresStatement("UPDATE broker_account SET token = $2 WHERE id = $1::bigint"),
                [.int(ids[0].raw), .bytes(foreign)]
            )
            let rotate = PostgresSecretRotation(pool: world.pool, secrets: Self.both)
            let report = try await rotate(by: world.actor)
            #expect(
                report == .init(resealed: 1, current: 0, unreadable: ["broker_account \(ids[0])"])
            )
            let rows = try await world.pool.query(
                PostgresStatement("SELECT token FROM broker_account WHERE id = $1::bigint"),
                [.int(ids[0].raw)]
            )
            #expect(rows[0].bytes(0) == foreign)
        }
    }

    /// A table with a new secret must be rotated with the others; digests and marks are no secrets.
    @Test func `every column of bytes is rotated, or is a digest or a mark by its name`()
        async throws
    {
        try await withAccountsWorld { world async throws in
            let rows = try await world.pool.query(
                PostgresStatement(
                    """
                    SELECT table_name || '.' || column_name FROM information_schema.columns
                    WHERE table_schema = current_schema() AND data_type = 'bytea' ORDER BY 1
                    """
                )
            )
            let rotated = Set(SealedColumn.all.map(\.name))
            let others = rows.map { $0.text(0) }.filter { name in
                !rotated.contains(name)
                    && !["hash", "mark", "marks", "previous", "subject"].contains {
                        name.hasSuffix($0)
                    }
            }
            #expect(others == [])
        }
    }
}
