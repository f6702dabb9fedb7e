package import Desk
import Postgres
import Secrets
package import Trading

/// Passwords, second factors and recovery codes.
extension PostgresLoginStore {
    package func passwordHash(of user: UserID) async throws(StoreFailure) -> String? {
        try await pool.ask(LoginSessionStatements.passwordHash, [.int(user.raw)]).first?.text(0)
    }

    package func setPassword(
        _ hash: String,
        of user: UserID,
        keeping: LoginSessionID?,
        by actor: Actor
    ) async throws(StoreFailure) {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginSessionStatements.setPassword, [.int(user.raw), .text(hash)]),
                (LoginSessionStatements.end, [.int(user.raw), .null, .optional(keeping)]),
            ])
            guard !rows[0].isEmpty else { throw StoreFailure.broken("there is no user \(user)") }
            let ended = rows[1].map { LoginSessionID($0.int(0)) }
            try await transaction.commit([
                Self.audit(.passwordChanged, ended, of: user, by: actor)
            ])
        }
    }

    package func secondFactor(of user: UserID) async throws(StoreFailure) -> SecondFactor? {
        let rows = try await pool.ask(LoginSessionStatements.factor, [.int(user.raw)])
        guard let row = rows.first else { return nil }
        do {
            let secret = try secrets.open(row.bytes(0), context: Self.context(user))
            return SecondFactor(
                secret: Secret(String(decoding: secret, as: UTF8.self)),
                isConfirmed: row.bool(1),
                usedStep: row.optionalInt(2)
            )
        } catch {
            throw .broken("the second factor of user \(user) does not open: \(error)")
        }
    }

    package func setUpSecondFactor(_ secret: Secret, of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        let sealed = secrets.seal(Array(secret.reveal().utf8), context: Self.context(user))
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginSessionStatements.setUpFactor, [.int(user.raw), .bytes(sealed)])
            ])
            guard !rows[0].isEmpty else {
                return false
            }
            try await transaction.commit([Self.audit(.factorSetUp, of: user, by: actor)])
            return true
        }
    }

    package func confirmSecondFactor(
        of user: UserID,
        step: Int64,
        recovery: [[UInt8]],
        by actor: Actor
    ) async throws(StoreFailure) -> Bool {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginSessionStatements.confirmFactor, [.int(user.raw), .int(step)])
            ])
            guard !rows[0].isEmpty else {
                return false
            }
            try await transaction.commit([
                (LoginSessionStatements.removeCodes, [.int(user.raw)]),
                (LoginSessionStatements.addCodes, [.int(user.raw), .byteArrays(recovery)]),
                Self.audit(.factorConfirmed, of: user, by: actor),
            ])
            return true
        }
    }

    package func useStep(_ step: Int64, of user: UserID) async throws(StoreFailure) -> Bool {
        try await !pool.ask(LoginSessionStatements.useStep, [.int(user.raw), .int(step)]).isEmpty
    }

    package func useRecoveryCode(_ hash: [UInt8], of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginSessionStatements.useCode, [.int(user.raw), .bytes(hash)])
            ])
            guard !rows[0].isEmpty else {
                return false
            }
            try await transaction.commit([Self.audit(.recoveryCodeUsed, of: user, by: actor)])
            return true
        }
    }

    package func removeSecondFactor(of user: UserID, by actor: Actor) async throws(StoreFailure) {
        try await pool.transact { transaction in
            _ = try await transaction.begin([
                (LoginSessionStatements.removeCodes, [.int(user.raw)]),
                (LoginSessionStatements.removeFactor, [.int(user.raw)]),
            ])
            try await transaction.commit([Self.audit(.factorRemoved, of: user, by: actor)])
        }
    }

    package func resetSecondFactor(of user: UserID, why: String, by actor: Actor)
        async throws(StoreFailure) -> Int?
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginSessionStatements.removeCodes, [.int(user.raw)]),
                (LoginSessionStatements.resetFactor, [.int(user.raw)]),
            ])
            guard !rows[1].isEmpty else { return nil }
            let ended = try await transaction.go([
                (LoginSessionStatements.end, [.int(user.raw), .null, .null])
            ])[0].map { LoginSessionID($0.int(0)) }
            try await transaction.commit([
                Self.audit(.factorReset, ended, of: user, why: why, by: actor)
            ])
            return ended.count
        }
    }

    private static func context(_ user: UserID) -> String { "second factor:\(user)" }
}
