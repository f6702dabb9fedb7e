package import Desk
package import Trading

/// A session's row.
struct MemorySession {
    var session: LoginSession
    var hash: [UInt8]
    var formerHash: [UInt8]?
    var isEnded = false
}

/// What a store of logins keeps beside the users.
struct MemoryLogins {
    var sessions: [LoginSessionID: MemorySession] = [:]
    var tries: [[UInt8]: LoginTries] = [:]
    var factors: [UserID: SecondFactor] = [:]
    var recovery: [UserID: Set<[UInt8]>] = [:]
    /// As the audit log would have them.
    var failed: [FailedLogin] = []
    var resets: [(user: UserID, why: String, actor: Actor)] = []
}

extension MemoryStore: LoginStore {
    package func takeTry(_ subjects: [LoginSubject]) async throws(StoreFailure) -> TakenTry {
        let now = clock.now()
        return try transact("takeTry") { state in
            let waits = subjects.compactMap { state.logins.tries[$0.hash]?.wait(at: now) }
            if let wait = waits.max() { return TakenTry(wait: wait) }
            var locks: [LoginLock] = []
            for subject in subjects {
                var tries = state.logins.tries[subject.hash] ?? LoginTries(lastAt: now)
                tries.take(at: now, freeTries: subject.freeTries)
                state.logins.tries[subject.hash] = tries
                if let lock = LoginLock(subject, tries, at: now) { locks.append(lock) }
            }
            return TakenTry(locks: locks)
        }
    }

    package func note(_ failed: FailedLogin) async throws(StoreFailure) {
        try transact("noteFailedLogin") { $0.logins.failed.append(failed) }
    }

    /// The failures that were noted, oldest first.
    package var failedLogins: [FailedLogin] { look { $0.logins.failed } }

    package func giveBackTry(_ subjects: [LoginSubject], forgiven: LoginSubject?)
        async throws(StoreFailure)
    {
        try transact("giveBackTry") { state in
            for subject in subjects { state.logins.tries[subject.hash]?.giveBack() }
            if let forgiven { state.logins.tries[forgiven.hash] = nil }
        }
    }

    package func openSession(_ draft: SessionDraft, by actor: Actor) async throws(StoreFailure)
        -> LoginSession
    {
        let now = clock.now()
        return try transact("openSession") { $0.openSession(draft, by: actor, now: now) }
    }

    package func identity(session: LoginSessionID) async throws(StoreFailure) -> Identity? {
        let now = clock.now()
        return try transact("identity") { state in
            guard let row = state.logins.sessions[session], row.isOpen(at: now) else { return nil }
            return state.identity(row.session.user)?.within(session)
        }
    }

    package func refresh(_ hash: [UInt8], to next: [UInt8], by actor: Actor)
        async throws(StoreFailure) -> Refreshed
    {
        let now = clock.now()
        return try transact("refresh") { state in
            let open = state.logins.sessions.values.filter { $0.isOpen(at: now) }
            if var row = open.first(where: { $0.hash == hash }),
                let identity = state.identity(row.session.user)
            {
                (row.formerHash, row.hash) = (hash, next)
                state.logins.sessions[row.session.id] = row
                return .done(row.session, identity.within(row.session.id))
            }
            guard let copied = open.first(where: { $0.formerHash == hash }) else {
                return .unknown
            }
            state.logins.sessions[copied.session.id]?.isEnded = true
            return .copied
        }
    }

    package func loginSessions(of user: UserID) async throws(StoreFailure) -> [LoginSession] {
        let now = clock.now()
        return try transact("loginSessions") { state in
            state.logins.sessions.values.filter { $0.session.user == user && $0.isOpen(at: now) }
                .map(\.session).sorted { $0.id > $1.id }
        }
    }

    package func endSession(_ id: LoginSessionID, of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        let now = clock.now()
        return try transact("endSession") { state in
            guard let row = state.logins.sessions[id], row.session.user == user,
                row.isOpen(at: now)
            else { return false }
            state.logins.sessions[id]?.isEnded = true
            return true
        }
    }

    package func endSessions(of user: UserID, except: LoginSessionID?, by actor: Actor)
        async throws(StoreFailure) -> Int
    {
        let now = clock.now()
        return try transact("endSessions") { state in
            state.endSessions(of: user, except: except, now: now)
        }
    }

    package func passwordHash(of user: UserID) async throws(StoreFailure) -> String? {
        try transact("passwordHash") { $0.users[user]?.passwordHash }
    }

    package func setPassword(
        _ hash: String,
        of user: UserID,
        keeping: LoginSessionID?,
        by actor: Actor
    ) async throws(StoreFailure) {
        let now = clock.now()
        try transact("setPassword") { state in
            guard let known = state.users[user] else { return }
            state.users[user] = MemoryUser(identity: known.identity, passwordHash: hash)
            _ = state.endSessions(of: user, except: keeping, now: now)
        }
    }
}

extension MemoryStore {
    package func secondFactor(of user: UserID) async throws(StoreFailure) -> SecondFactor? {
        try transact("secondFactor") { $0.logins.factors[user] }
    }

    package func setUpSecondFactor(_ secret: Secret, of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try transact("setUpSecondFactor") { state in
            guard state.logins.factors[user]?.isConfirmed != true else { return false }
            state.logins.factors[user] = SecondFactor(
                secret: secret,
                isConfirmed: false,
                usedStep: nil
            )
            return true
        }
    }

    package func confirmSecondFactor(
        of user: UserID,
        step: Int64,
        recovery: [[UInt8]],
        by actor: Actor
    ) async throws(StoreFailure) -> Bool {
        try transact("confirmSecondFactor") { state in
            guard let factor = state.logins.factors[user], !factor.isConfirmed else {
                return false
            }
            state.logins.factors[user] = SecondFactor(
                secret: factor.secret,
                isConfirmed: true,
                usedStep: step
            )
            state.logins.recovery[user] = Set(recovery)
            return true
        }
    }

    package func useStep(_ step: Int64, of user: UserID) async throws(StoreFailure) -> Bool {
        try transact("useStep") { state in
            guard let factor = state.logins.factors[user],
                factor.usedStep.map({ step > $0 }) ?? true
            else { return false }
            state.logins.factors[user] = SecondFactor(
                secret: factor.secret,
                isConfirmed: factor.isConfirmed,
                usedStep: step
            )
            return true
        }
    }

    package func useRecoveryCode(_ hash: [UInt8], of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try transact("useRecoveryCode") { $0.logins.recovery[user]?.remove(hash) != nil }
    }

    package func removeSecondFactor(of user: UserID, by actor: Actor) async throws(StoreFailure) {
        try transact("removeSecondFactor") { state in
            state.logins.factors[user] = nil
            state.logins.recovery[user] = nil
        }
    }

    package func resetSecondFactor(of user: UserID, why: String, by actor: Actor)
        async throws(StoreFailure) -> Int?
    {
        let now = clock.now()
        return try transact("resetSecondFactor") { state in
            guard state.logins.factors[user] != nil else { return nil }
            state.logins.factors[user] = nil
            state.logins.recovery[user] = nil
            state.logins.resets.append((user, why, actor))
            return state.endSessions(of: user, except: nil, now: now)
        }
    }

    /// Opens a session past the ports.
    package func addSession(of user: UserID, lasts: Duration = .seconds(43_200)) -> LoginSession {
        let now = clock.now()
        return look { state in
            let draft = SessionDraft(
                user: user,
                refreshHash: Array("\(state.nextID())".utf8),
                lasts: lasts,
                agent: nil
            )
            return state.openSession(draft, by: Actor(user: user), now: now)
        }
    }
}

extension MemorySession {
    fileprivate func isOpen(at now: Timestamp) -> Bool { !isEnded && session.endsAt > now }
}

extension MemoryState {
    fileprivate mutating func openSession(
        _ draft: SessionDraft,
        by actor: Actor,
        now: Timestamp
    ) -> LoginSession {
        let session = LoginSession(
            id: LoginSessionID(nextID()),
            user: draft.user,
            createdAt: now,
            refreshedAt: now,
            endsAt: now.advanced(by: draft.lasts),
            address: actor.address,
            agent: draft.agent
        )
        logins.sessions[session.id] = MemorySession(session: session, hash: draft.refreshHash)
        return session
    }

    fileprivate mutating func endSessions(
        of user: UserID,
        except: LoginSessionID?,
        now: Timestamp
    ) -> Int {
        let open = logins.sessions.values.filter { row in
            row.session.user == user && row.session.id != except && row.isOpen(at: now)
        }
        for row in open { logins.sessions[row.session.id]?.isEnded = true }
        return open.count
    }
}
