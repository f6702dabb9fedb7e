import Desk
package import Postgres
package import Trading

/// Brings the database to what the files of a folder say.
///
/// Each file is applied once, in its own transaction, in the order of the numbers. Of several runners
/// at once each file is applied by one; the others wait for it and go on. Files may therefore hold
/// nothing that cannot run in a transaction.
package struct MigrationRunner: Sendable {
    let pool: PostgresPool
    let folder: String

    package init(pool: PostgresPool, folder: String) {
        self.pool = pool
        self.folder = folder
    }

    /// Where one migration stands.
    package struct Status: Sendable, Equatable {
        package let file: String
        /// Nil where it is still to be applied.
        package let appliedAt: Timestamp?
        /// Whether the file is still what was applied.
        package let isUnchanged: Bool
    }

    /// Applies what is missing.
    ///
    /// - Returns: the files that this runner has applied.
    package func migrate() async throws(MigrationFailure) -> [String] {
        let migrations = try Migration.all(in: folder)
        try await prepare()
        let known = try await applied()
        for (number, row) in known where number > migrations.count {
            throw .newerDatabase(file: row.file)
        }
        // All that was applied is checked before anything is.
        for migration in migrations { try check(migration, against: known[migration.number]) }
        var made: [String] = []
        for migration in migrations where known[migration.number] == nil {
            if try await apply(migration) { made.append(migration.file) }
        }
        return made
    }

    /// Where each file of the folder stands.
    package func status() async throws(MigrationFailure) -> [Status] {
        let migrations = try Migration.all(in: folder)
        let known = try await applied()
        return migrations.map { migration in
            let row = known[migration.number]
            return Status(
                file: migration.file,
                appliedAt: row?.at,
                isUnchanged: row.map { $0.matches(migration) } ?? true
            )
        }
    }

    /// Whether the database has all that the folder says; it may have more.
    package func isCurrent() async throws(MigrationFailure) -> Bool {
        let status = try await status()
        if let changed = status.first(where: { !$0.isUnchanged }) {
            throw .changed(file: changed.file)
        }
        return status.allSatisfy { $0.appliedAt != nil }
    }

    // MARK: - One file

    private enum Outcome: Sendable {
        case applied
        case appliedByAnother(Applied)
        case failed(MigrationFailure)
    }

    private func apply(_ migration: Migration) async throws(MigrationFailure) -> Bool {
        let outcome = try await storing { () async throws(StoreFailure) in
            try await pool.transact { try await attempt(migration, in: $0) }
        }
        switch outcome {
        case .applied: return true
        case .appliedByAnother(let row):
            try check(migration, against: row)
            return false
        case .failed(let failure): throw failure
        }
    }

    private func attempt(_ migration: Migration, in transaction: Transaction) async throws
        -> Outcome
    {
        let rows = try await transaction.begin([
            (MigrationStatements.noTimeout, []), (MigrationStatements.lock, []),
            (MigrationStatements.applied, []), (MigrationStatements.transaction, []),
        ])
        if let row = Self.read(rows[2])[migration.number] {
            return .appliedByAnother(row)
        }
        do {
            try await transaction.connection.execute(script: migration.script)
        } catch .server(let error) {
            return .failed(.refused(file: migration.file, words: error.message))
        }
        let now = try await transaction.connection.query(MigrationStatements.transaction)
        guard now[0].int(0) == rows[3][0].int(0) else {
            return .failed(.endsTransaction(file: migration.file))
        }
        try await transaction.commit([
            (
                MigrationStatements.note,
                [
                    .int(Int64(migration.number)), .text(migration.file),
                    .text(migration.checksum),
                ]
            )
        ])
        return .applied
    }

    private func check(_ migration: Migration, against row: Applied?) throws(MigrationFailure) {
        guard row.map({ $0.matches(migration) }) ?? true else {
            throw .changed(file: migration.file)
        }
    }

    // MARK: - What was applied

    private struct Applied: Sendable {
        let file: String
        let checksum: String
        let at: Timestamp

        func matches(_ migration: Migration) -> Bool {
            file == migration.file && checksum == migration.checksum
        }
    }

    private func prepare() async throws(MigrationFailure) {
        try await storing { () async throws(StoreFailure) in
            try await pool.transact { transaction in
                _ = try await transaction.begin([
                    (MigrationStatements.noTimeout, []), (MigrationStatements.lock, []),
                    (MigrationStatements.prepare, []),
                ])
                try await transaction.commit([])
            }
        }
    }

    private func applied() async throws(MigrationFailure) -> [Int: Applied] {
        try await storing { () async throws(StoreFailure) in
            let found = try await pool.ask(MigrationStatements.isPrepared)
            guard found.first?.bool(0) == true else { return [:] }
            return Self.read(try await pool.ask(MigrationStatements.applied))
        }
    }

    private static func read(_ rows: PostgresRows) -> [Int: Applied] {
        var applied: [Int: Applied] = [:]
        for row in rows {
            applied[Int(row.int(0))] = Applied(
                file: row.text(1),
                checksum: row.text(2),
                at: Timestamp(microseconds: row.timestamp(3))
            )
        }
        return applied
    }

    private func storing<Result>(_ body: () async throws(StoreFailure) -> Result)
        async throws(MigrationFailure) -> Result
    {
        do {
            return try await body()
        } catch {
            switch error {
            case .unavailable(let cause): throw .unavailable(cause)
            case .outcomeUnknown(let cause), .broken(let cause): throw .broken(cause)
            }
        }
    }
}
