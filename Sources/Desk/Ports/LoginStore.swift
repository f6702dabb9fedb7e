package import Trading

/// Where logins, tries to log in, and second factors are kept, for all processes alike.
package protocol LoginStore: Sendable {
    // MARK: Tries

    /// Takes one try for all of these, or tells how long they must wait.
    func takeTry(_ subjects: [LoginSubject]) async throws(StoreFailure) -> TakenTry

    /// Gives a try back to each: it was no wrong guess. The one that is `forgiven` begins anew.
    func giveBackTry(_ subjects: [LoginSubject], forgiven: LoginSubject?)
        async throws(StoreFailure)

    /// Writes a failure to the audit log, and a line for each pause that it has led to.
    func note(_ failed: FailedLogin) async throws(StoreFailure)

    // MARK: Sessions

    /// Opens a session.
    func openSession(_ draft: SessionDraft, by actor: Actor) async throws(StoreFailure)
        -> LoginSession

    /// The user of a session that has not ended; nil also where the user is disabled.
    func identity(session: LoginSessionID) async throws(StoreFailure) -> Identity?

    /// Exchanges the token that refreshes a session for another; both are told by their SHA-256.
    func refresh(_ hash: [UInt8], to next: [UInt8], by actor: Actor) async throws(StoreFailure)
        -> Refreshed

    /// The user's sessions that have not ended, newest first.
    func loginSessions(of user: UserID) async throws(StoreFailure) -> [LoginSession]

    /// Ends one session; false where the user has no such session that has not ended.
    func endSession(_ id: LoginSessionID, of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool

    /// Ends all sessions of a user but one, and tells how many.
    func endSessions(of user: UserID, except: LoginSessionID?, by actor: Actor)
        async throws(StoreFailure) -> Int

    // MARK: Passwords and second factors

    /// The hash of the user's password.
    func passwordHash(of user: UserID) async throws(StoreFailure) -> String?

    /// Stores the hash of a new password, and ends all sessions but one.
    func setPassword(_ hash: String, of user: UserID, keeping: LoginSessionID?, by actor: Actor)
        async throws(StoreFailure)

    /// The user's second factor; nil where none was set up.
    func secondFactor(of user: UserID) async throws(StoreFailure) -> SecondFactor?

    /// Stores a secret that is yet to be confirmed; false where a confirmed one is there.
    func setUpSecondFactor(_ secret: Secret, of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool

    /// Confirms the secret by the step of a first code, and stores hashes of recovery codes; false
    /// where there is nothing to be confirmed.
    func confirmSecondFactor(
        of user: UserID,
        step: Int64,
        recovery: [[UInt8]],
        by actor: Actor
    ) async throws(StoreFailure) -> Bool

    /// Uses the code of a step, once and never one before it; false where it was used.
    func useStep(_ step: Int64, of user: UserID) async throws(StoreFailure) -> Bool

    /// Uses a recovery code, once; false where there is no such code.
    func useRecoveryCode(_ hash: [UInt8], of user: UserID, by actor: Actor)
        async throws(StoreFailure) -> Bool

    /// Takes the second factor and its recovery codes away.
    func removeSecondFactor(of user: UserID, by actor: Actor) async throws(StoreFailure)

    /// The same for somebody who has lost them, and ends all sessions; nil where there is no second
    /// factor, else how many sessions have ended.
    func resetSecondFactor(of user: UserID, why: String, by actor: Actor)
        async throws(StoreFailure) -> Int?
}

/// A session's id.
package typealias LoginSessionID = ID<LoginSession>

/// A session to be opened.
package struct SessionDraft: Sendable {
    package let user: UserID
    /// SHA-256 of the token that refreshes it.
    package let refreshHash: [UInt8]
    package let lasts: Duration
    package let agent: String?

    package init(user: UserID, refreshHash: [UInt8], lasts: Duration, agent: String?) {
        self.user = user
        self.refreshHash = refreshHash
        self.lasts = lasts
        self.agent = agent
    }
}

/// A login that has not ended.
package struct LoginSession: Sendable, Equatable {
    package let id: LoginSessionID
    package let user: UserID
    package let createdAt: Timestamp
    package let refreshedAt: Timestamp
    package let endsAt: Timestamp
    package let address: String?
    package let agent: String?

    package init(
        id: LoginSessionID,
        user: UserID,
        createdAt: Timestamp,
        refreshedAt: Timestamp,
        endsAt: Timestamp,
        address: String?,
        agent: String?
    ) {
        self.id = id
        self.user = user
        self.createdAt = createdAt
        self.refreshedAt = refreshedAt
        self.endsAt = endsAt
        self.address = address
        self.agent = agent
    }
}

/// What became of a token that refreshes a session.
package enum Refreshed: Sendable {
    case done(LoginSession, Identity)
    /// The token was exchanged before: somebody has a copy, so the session has been ended.
    case copied
    /// No session that has not ended has it.
    case unknown
}

/// A user's secret for one-time codes.
package struct SecondFactor: Sendable {
    package let secret: Secret
    package let isConfirmed: Bool
    /// The step of the last code that was used.
    package let usedStep: Int64?

    package init(secret: Secret, isConfirmed: Bool, usedStep: Int64?) {
        self.secret = secret
        self.isConfirmed = isConfirmed
        self.usedStep = usedStep
    }
}
