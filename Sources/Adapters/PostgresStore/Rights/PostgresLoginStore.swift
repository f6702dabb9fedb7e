package import Desk
import JSON
package import Postgres
package import Secrets
package import Trading

/// Logins, tries to log in, and second factors in PostgreSQL.
///
/// 1. A session is read with every request, so that one that was ended ends at once, everywhere.
/// 2. Tries are counted under a lock before a password is looked at: many at once are as many.
/// 3. Secrets of second factors are sealed for their own user; of tokens and codes there are hashes.
package struct PostgresLoginStore: LoginStore {
    let pool: PostgresPool
    let secrets: SecretBox

    package init(pool: PostgresPool, secrets: SecretBox) {
        self.pool = pool
        self.secrets = secrets
    }

    // MARK: Tries

    package func takeTry(_ subjects: [LoginSubject]) async throws(StoreFailure) -> TakenTry {
        var locks: [LoginLock] = []
        let wait = try await changeTries(subjects) { tries, subject, now in
            tries.take(at: now, freeTries: subject.freeTries)
            if let lock = LoginLock(subject, tries, at: now) { locks.append(lock) }
        }
        return TakenTry(wait: wait, locks: wait == nil ? locks : [])
    }

    package func giveBackTry(_ subjects: [LoginSubject], forgiven: LoginSubject?)
        async throws(StoreFailure)
    {
        _ = try await changeTries(subjects, evenIfBlocked: true) { tries, subject, now in
            if subject == forgiven { tries = LoginTries(lastAt: now) } else { tries.giveBack() }
        }
    }

    package func note(_ failed: FailedLogin) async throws(StoreFailure) {
        let (statement, values) = AuditEntry.write(failed.entries, by: failed.actor)
        _ = try await pool.ask(statement, values)
    }

    /// Gives how long to wait, with nothing changed, unless that does not matter.
    ///
    /// Whoever is counted: no viewer sees how others guess.
    private func changeTries(
        _ subjects: [LoginSubject],
        evenIfBlocked: Bool = false,
        _ change: (inout LoginTries, LoginSubject, Timestamp) -> Void
    ) async throws(StoreFailure) -> Duration? {
        try await Viewer.forAll { () async throws(StoreFailure) in
            try await changeAnybodysTries(subjects, evenIfBlocked: evenIfBlocked, change)
        }
    }

    private func changeAnybodysTries(
        _ subjects: [LoginSubject],
        evenIfBlocked: Bool,
        _ change: (inout LoginTries, LoginSubject, Timestamp) -> Void
    ) async throws(StoreFailure) -> Duration? {
        let hashes = PostgresValue.byteArrays(subjects.map(\.hash))
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginSessionStatements.makeTries, [hashes]),
                (LoginSessionStatements.lockTries, [hashes]),
            ])[1]
            var changed: [(hash: [UInt8], tries: LoginTries)] = []
            var wait: Duration?
            for row in rows {
                let hash = row.bytes(0)
                let now = Timestamp(microseconds: row.timestamp(4))
                var tries = LoginTries(
                    failures: Int(row.int(1)),
                    lastAt: Timestamp(microseconds: row.timestamp(2)),
                    blockedUntil: row.optionalTimestamp(3).map { Timestamp(microseconds: $0) }
                )
                wait = [wait, tries.wait(at: now)].compactMap(\.self).max()
                guard let subject = subjects.first(where: { $0.hash == hash }) else { continue }
                change(&tries, subject, now)
                changed.append((hash, tries))
            }
            let isChanged = wait == nil || evenIfBlocked
            try await transaction.commit(isChanged ? [Self.write(changed)] : [])
            return wait
        }
    }

    private static func write(_ changed: [(hash: [UInt8], tries: LoginTries)]) -> Call {
        (
            LoginSessionStatements.setTries,
            [
                .byteArrays(changed.map(\.hash)), .ints(changed.map { Int64($0.tries.failures) }),
                .optionalTimestamps(changed.map { $0.tries.lastAt.microseconds }),
                .optionalTimestamps(changed.map { $0.tries.blockedUntil?.microseconds }),
            ]
        )
    }

    // MARK: Sessions

    package func openSession(_ draft: SessionDraft, by actor: Actor) async throws(StoreFailure)
        -> LoginSession
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginSessionStatements.sweep, [.int(draft.user.raw)]),
                (
                    LoginSessionStatements.open,
                    [
                        .int(draft.user.raw), .bytes(draft.refreshHash),
                        .int(draft.lasts.microseconds), .optional(actor.address),
                        .optional(draft.agent),
                    ]
                ),
            ])
            guard let row = rows[1].first else {
                throw StoreFailure.broken("a session was not stored")
            }
            var columns = Columns(row)
            let session = LoginSession(reading: &columns)
            try await transaction.commit([
                Self.audit(.userLoggedIn, [session.id], of: draft.user, by: actor)
            ])
            return session
        }
    }

    package func identity(session: LoginSessionID) async throws(StoreFailure) -> Identity? {
        let rows = try await pool.ask(LoginSessionStatements.identity, [.int(session.raw)])
        guard let row = rows.first else { return nil }
        var columns = Columns(row)
        return try Identity(reading: &columns).within(session)
    }

    package func refresh(_ hash: [UInt8], to next: [UInt8], by actor: Actor)
        async throws(StoreFailure) -> Refreshed
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (LoginSessionStatements.refresh, [.bytes(hash), .bytes(next)])
            ])
            if let row = rows[0].first {
                try await transaction.commit([])
                var columns = Columns(row)
                let session = LoginSession(reading: &columns)
                return .done(session, try Identity(reading: &columns).within(session.id))
            }
            let ended = try await transaction.go([
                (LoginSessionStatements.endCopied, [.bytes(hash)])
            ])
            guard let row = ended[0].first else {
                try await transaction.commit([])
                return .unknown
            }
            let (session, user) = (LoginSessionID(row.int(0)), UserID(row.int(1)))
            try await transaction.commit([
                Self.audit(.sessionCopied, [session], of: user, by: actor)
            ])
            return .copied
        }
    }

    package func loginSessions(of user: UserID) async throws(StoreFailure) -> [LoginSession] {
        try await pool.ask(LoginSessionStatements.list, [.int(user.raw)]).map { row in
            var columns = Columns(row)
            return LoginSession(reading: &columns)
        }
    }

    package func endSession(_ id: LoginSessionID, of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try await end([.int(user.raw), .int(id.raw), .null], of: user, by: actor) > 0
    }

    package func endSessions(of user: UserID, except: LoginSessionID?, by actor: Actor)
        async throws(StoreFailure) -> Int
    {
        try await end([.int(user.raw), .null, .optional(except)], of: user, by: actor)
    }

    private func end(_ values: [PostgresValue], of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Int
    {
        try await pool.transact { transaction in
            let ended = try await transaction.begin([(LoginSessionStatements.end, values)])[0]
                .map { LoginSessionID($0.int(0)) }
            try await transaction.commit(
                ended.isEmpty
                    ? [] : [Self.audit(.sessionsEnded, ended, of: user, by: actor)]
            )
            return ended.count
        }
    }

    static func audit(
        _ action: AuditEntry.Action,
        _ sessions: [LoginSessionID] = [],
        of user: UserID,
        why: String? = nil,
        by actor: Actor
    ) -> Call {
        let entry = AuditEntry(action) {
            $0.field("user", user.raw)
            if let why { $0.field("reason", why) }
            guard !sessions.isEmpty else { return }
            $0.field("sessions", sessions.map(\.description).joined(separator: " "))
        }
        return AuditEntry.write([entry], by: actor)
    }
}

extension FailedLogin {
    /// The lines of the audit log: what failed, and whoever must pause now.
    fileprivate var entries: [AuditEntry] {
        let failure = AuditEntry(.loginFailed) {
            $0.field("cause", cause.rawValue)
            $0.field("login", name ?? "(no e-mail address)")
            if let user { $0.field("user", user.raw) }
        }
        return [failure]
            + locks.map { lock in
                AuditEntry(.loginLocked) {
                    $0.field("locked", lock.kind.rawValue)
                    $0.field("login", name ?? "(no e-mail address)")
                    $0.field("failures", lock.failures)
                    $0.field("pause_seconds", lock.pause.components.seconds)
                }
            }
    }
}

extension LoginSession {
    /// What `LoginSessionStatements` read of a session.
    fileprivate init(reading columns: inout Columns) {
        self.init(
            id: columns.id(),
            user: columns.id(),
            createdAt: columns.timestamp(),
            refreshedAt: columns.timestamp(),
            endsAt: columns.timestamp(),
            address: columns.optionalText(),
            agent: columns.optionalText()
        )
    }
}
