import Blocking
import Telemetry

/// A connection lent by a ``PostgresPool``; its calls run in order, on its own thread.
///
/// 1. A call costs one hop to the thread and one round trip to the server, however many statements.
/// 2. Cancelling the calling task cancels the statement on the server.
/// 3. After it broke, every further call of the same lease throws: what a session holds
///    (transaction, locks) never vanishes unnoticed.
package actor PostgresConnection {
    private let thread = DedicatedThread(name: "postgres")
    private let opener: Opener
    private var session: Session?
    private var isToBeDropped = false
    nonisolated let lease = LeaseState()

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    init(_ opener: Opener) { self.opener = opener }

    /// Runs one statement.
    package func query(
        _ statement: PostgresStatement,
        _ parameters: [PostgresValue] = []
    ) async throws(PostgresError) -> PostgresRows {
        let results = try await pipeline([(statement, parameters)])
        return results[0]
    }

    /// Runs statements in one round trip, and gives the rows of each, in order.
    ///
    /// They are one transaction, unless BEGIN and COMMIT among them divide it otherwise. The first
    /// error skips the rest and is thrown; a transaction that began among them is then rolled back,
    /// and the connection can be used further.
    package func pipeline(
        _ calls: [(PostgresStatement, [PostgresValue])]
    ) async throws(PostgresError) -> [PostgresRows] {
        guard !calls.isEmpty else { return [] }
        for (_, parameters) in calls where parameters.contains(where: \.isCutByC) {
            let reason = "a text with a zero byte cannot be stored"
            throw .server(PostgresServerError(sqlState: "22021", message: reason))
        }
        opener.meters?.statements.add(calls.count)
        return try await watched { session, call throws(PostgresError) in
            try session.run(calls, begins: self.lease.takeBegin(), as: call)
        }
    }

    /// Runs a text of several statements without parameters, such as a migration.
    ///
    /// They are one transaction, unless the text divides it otherwise.
    package func execute(script: String) async throws(PostgresError) {
        guard !script.utf8.contains(0) else {
            let reason = "a script cannot hold a zero byte"
            throw .server(PostgresServerError(sqlState: "22021", message: reason))
        }
        try await watched { session, call throws(PostgresError) in
            if self.lease.takeBegin() { _ = try session.run([], begins: true, as: call) }
            try session.runScript(script, as: call)
        }
    }

    /// Adds rows to a table by COPY, which costs a fraction of what an INSERT of them does.
    ///
    /// Within the transaction that is open, if any. Refused rows are refused all together.
    ///
    /// `target` is the table and its columns, such as `listing (symbol, lot)`; the server casts
    /// nothing.
    package func copy(into target: StaticString, _ rows: CopyRows) async throws(PostgresError) {
        guard !rows.isEmpty else { return }
        try await watched { session, call throws(PostgresError) in
            if self.lease.takeBegin() { _ = try session.run([], begins: true, as: call) }
            try session.copy(into: "\(target)", rows.bytes, as: call)
        }
    }

    /// Closes the connection when this lease ends, and with it whatever the session still holds.
    ///
    /// For who took session-wide locks or changed settings.
    package func dropAfterUse() {
        isToBeDropped = true
        lease.needsReset = true
    }

    // MARK: For the pool

    /// Ends the transaction that the lease began; not cancelled by the task's cancellation, since
    /// a COMMIT that is under way had better be known to have happened.
    func commit() throws(PostgresError) {
        // Nothing was ever sent, so there is nothing to end.
        if lease.takeBegin() { return }
        guard let session else { throw .unavailable("the connection was lost before COMMIT") }
        // The body has ended it by itself.
        guard session.isInTransaction else { return }
        let tag: String
        do throws(PostgresError) {
            tag = try session.run([(Self.commit, [])])[0].result.commandTag
        } catch {
            settle(session)
            guard case .connectionLost = error else { throw error }
            throw .outcomeUnknown
        }
        settle(session)
        guard tag == "COMMIT" else {
            let reason = "rolled back at COMMIT, since a statement before had failed"
            throw .server(PostgresServerError(sqlState: "25P02", message: reason))
        }
    }

    private static let commit = PostgresStatement("COMMIT")

    /// Makes the connection fit for the next lease: rolls back what was left open.
    func reset() {
        guard let session, !isToBeDropped else { return close() }
        if session.isInTransaction { session.rollBack() }
        settle(session)
    }

    /// Closes the connection; the next lease opens another.
    func close() {
        session = nil
        isToBeDropped = false
        lease.needsReset = false
    }

    // MARK: Calls

    private func watched<Answer: Sendable>(
        _ body: (Session, RunningCall) throws(PostgresError) -> Answer
    ) async throws(PostgresError) -> Answer {
        if Task.isCancelled { throw .cancelled }
        let session = try openSession()
        let call = RunningCall(session.cancelHandle, on: opener.canceller)
        lease.use()
        let started = opener.meters.map { _ in ContinuousClock.now }
        let outcome = await withTaskCancellationHandler {
            // Through a method of this actor: a closure that does not mention the actor would run
            // on the cooperative pool, and block it.
            perform(body, session, call)
        } onCancel: {
            call.cancel()
        }
        if !call.finish() { _ = session.lost("cancel request without an end") }
        if let started { opener.meters?.observe(.now - started) }
        note(outcome)
        settle(session)
        return try outcome.get()
    }

    private func perform<Answer>(
        _ body: (Session, RunningCall) throws(PostgresError) -> Answer,
        _ session: Session,
        _ call: RunningCall
    ) -> Result<Answer, PostgresError> {
        thread.preconditionIsCurrent()
        return Result { () throws(PostgresError) in try body(session, call) }
    }

    /// The session; opened, or opened again, at the first call of a lease only.
    private func openSession() throws(PostgresError) -> Session {
        let mayOpen = lease.isUnused
        if let session {
            guard mayOpen && !session.isAlive() else { return session }
            opener.logger.debug("postgres: an idle connection was gone")
            self.session = nil
        }
        guard mayOpen else { throw .connectionLost("it broke earlier, in this same use") }
        let opened = try opener.open { Task.isCancelled }
        session = opened
        return opened
    }

    /// A statement whose plan or name no longer holds is not asked of this connection again.
    private func note<Answer>(_ outcome: Result<Answer, PostgresError>) {
        guard case .failure(.server(let error)) = outcome else { return }
        // "cached plan must not change result type", "prepared statement does not exist".
        if error.sqlState == "0A000" || error.sqlState == "26000" { isToBeDropped = true }
    }

    /// Tells the pool how the session is after a call.
    private func settle(_ session: Session) {
        if session.isBroken {
            opener.logger.debug("postgres: a connection broke")
            close()
        } else {
            lease.needsReset = isToBeDropped || session.isInTransaction
        }
    }
}
