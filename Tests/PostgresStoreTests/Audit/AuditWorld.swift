import Desk
import DeskTesting
import Postgres
import Secrets
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

/// An audit log of its own, with all migrations applied, and what seals and verifies it.
struct AuditWorld: Sendable {
    let pool: PostgresPool
    let log: PostgresAuditLog

    static let digest: AuditSeal.Digest = { Tokens.sha256($0) }

    var seal: SealAudit { SealAudit(store: log, clock: ManualClock(), digest: Self.digest) }
    var verify: VerifyAudit { VerifyAudit(store: log, digest: Self.digest) }

    static func open(connections: Int = 6, _ body: (AuditWorld) async throws -> Void) async throws {
        try await TestDatabase.withPool(size: connections) { pool in
            _ = try await MigrationRunner(pool: pool, folder: AccountsWorld.migrations).migrate()
            try await body(AuditWorld(pool: pool, log: PostgresAuditLog(pool: pool)))
        }
    }

    static let insert = PostgresStatement(
        "INSERT INTO audit_log (action, detail) VALUES ($1, '{\"line\": \"₹1,250\"}') RETURNING id"
    )

    /// Writes rows, each in a transaction of its own.
    func write(_ count: Int, _ action: String = "ACTION") async throws {
        for _ in 0..<count { _ = try await pool.query(Self.insert, [.text(action)]) }
    }

    /// Seals until all is sealed that was there at the beginning.
    func sealAll() async throws {
        var pending: AuditHorizon?
        var seal = try await self.seal(&pending)
        while seal != .done {
            try await Task.sleep(for: .milliseconds(20))
            seal = try await self.seal(&pending)
        }
    }

    /// Three seals, each over three rows.
    func prepare() async throws {
        for _ in 0..<3 {
            try await write(3)
            try await sealAll()
        }
    }

    func number(_ sql: String) async throws -> Int64 {
        try #require(try await pool.query(PostgresStatement(sql)).first).int(0)
    }

    /// What a superuser can do, with all triggers off.
    func tamper(_ sql: String) async throws {
        try await pool.withConnection { connection in
            try await connection.execute(
                script: "BEGIN; SET LOCAL session_replication_role = replica; \(sql); COMMIT"
            )
        }
    }
}
