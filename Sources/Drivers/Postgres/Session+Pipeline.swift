import CPostgres

/// A statement with its parameters.
package typealias PostgresCall = (PostgresStatement, [PostgresValue])

extension Session {
    /// What was sent, and hence which answer comes next.
    private enum Step {
        /// A statement of the driver's own, with no result for the caller.
        case own
        case forget(name: String)
        case prepare(StatementCache.Prepared, PostgresStatement)
        case call
    }

    /// How many statements no longer wanted are closed on the way, with one call.
    private static let forgottenAtOnce = 8

    /// Runs the calls in order in one round trip, and gives a result for each.
    ///
    /// All calls between two commits are one transaction. After an error the rest is skipped, and
    /// a transaction that began within the calls is rolled back. With `begins`, BEGIN goes before
    /// the first call, for a transaction that the owner ends.
    func run(
        _ calls: [PostgresCall],
        begins: Bool = false,
        as call: RunningCall? = nil
    ) throws(PostgresError) -> [PostgresRows] {
        let wasIdle = !isInTransaction
        guard PQenterPipelineMode(handle) == 1 else { throw lost(errorText) }
        let steps = try send(calls, begins: begins)
        let (rows, failure) = try receive(steps, call)
        guard PQexitPipelineMode(handle) == 1 else { throw lost(errorText) }
        guard let failure else { return rows }
        if wasIdle && !begins && isInTransaction { rollBack() }
        throw failure
    }

    /// Ends whatever transaction there is, without keeping anything of it.
    ///
    /// Where even that fails, the session counts as broken, and the server ends the transaction.
    func rollBack() {
        do throws(PostgresError) {
            try runScript("ROLLBACK")
        } catch {
            _ = lost("ROLLBACK failed")
        }
    }

    // MARK: Sending

    private func send(_ calls: [PostgresCall], begins: Bool) throws(PostgresError) -> [Step] {
        var steps: [Step] = []
        steps.reserveCapacity(calls.count + 2)
        if begins {
            try sendOwn("BEGIN")
            steps.append(.own)
        } else if transactionStatus != PQTRANS_INERROR {
            for name in statements.owed.prefix(Self.forgottenAtOnce) {
                try sendOwn("DEALLOCATE \(name)")
                steps.append(.forget(name: name))
            }
        }
        for (statement, values) in calls {
            let prepared: StatementCache.Prepared
            if let known = statements.find(statement, values) {
                prepared = known
            } else {
                prepared = statements.insert(statement, values)
                try sendPrepare(prepared, statement)
                steps.append(.prepare(prepared, statement))
            }
            try sendCall(prepared, values)
            steps.append(.call)
        }
        // The sync also sends what libpq still holds, as far as the socket takes it.
        guard PQpipelineSync(handle) == 1 else { throw lost(errorText) }
        return steps
    }

    private func sendOwn(_ sql: String) throws(PostgresError) {
        let isSent = PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1)
        guard isSent == 1 else { throw lost(errorText) }
    }

    private func sendPrepare(
        _ prepared: StatementCache.Prepared,
        _ statement: PostgresStatement
    ) throws(PostgresError) {
        let isSent = PQsendPrepare(
            handle,
            prepared.name,
            statement.sql,
            CInt(prepared.types.count),
            prepared.types
        )
        guard isSent == 1 else { throw lost(errorText) }
    }

    private func sendCall(
        _ prepared: StatementCache.Prepared,
        _ values: [PostgresValue]
    ) throws(PostgresError) {
        parameters.load(values)
        let isSent = parameters.withParameters { count, values, lengths, formats in
            PQsendQueryPrepared(handle, prepared.name, count, values, lengths, formats, 1)
        }
        guard isSent == 1 else { throw lost(errorText) }
    }

    // MARK: Receiving

    private func receive(
        _ steps: [Step],
        _ call: RunningCall?
    ) throws(PostgresError) -> (rows: [PostgresRows], failure: PostgresError?) {
        var rows: [PostgresRows] = []
        rows.reserveCapacity(steps.count)
        var failure: PostgresError?
        for step in steps {
            guard let result = try next(of: call, after: failure) else {
                throw lost("the server answered out of order")
            }
            let error = try refusal(in: result, call)
            if failure == nil { failure = error }
            note(step, isDone: error == nil && result.status != PGRES_PIPELINE_ABORTED)
            if case .call = step, failure == nil { rows.append(PostgresRows(result)) }
            guard try next(of: call, after: failure) == nil else {
                throw lost("the server answered twice")
            }
        }
        // What was put off to the end, such as a deferred constraint, is refused at the sync.
        for _ in 0..<4 {
            guard let result = try next(of: call, after: failure) else { continue }
            if result.status == PGRES_PIPELINE_SYNC { return (rows, failure) }
            let error = try refusal(in: result, call)
            if failure == nil { failure = error }
        }
        throw lost("the server did not end its answer")
    }

    /// As `next(of:)`; where the connection ends, tells what the server said before it hung up.
    private func next(
        of call: RunningCall?,
        after failure: PostgresError?
    ) throws(PostgresError) -> ResultHandle? {
        do throws(PostgresError) {
            return try next(of: call)
        } catch {
            guard case .server(let last) = failure else { throw error }
            throw lost(last.description)
        }
    }

    /// The error that a result tells of; nil for a success, or for what was skipped after an error.
    func refusal(
        in result: ResultHandle,
        _ call: RunningCall?
    ) throws(PostgresError) -> PostgresError? {
        switch result.status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY, PGRES_PIPELINE_ABORTED:
            return nil
        case PGRES_FATAL_ERROR:
            let (error, isFatal) = result.serverError
            // Without a state it is libpq that speaks: the connection is gone.
            if error.sqlState.isEmpty { throw lost(errorText) }
            if isFatal { throw lost(error.description) }
            if error.sqlState == "57014", call?.isCancelled == true { return .cancelled }
            return .server(error)
        default:
            // COPY is not spoken here, and nothing else can come.
            throw lost("unexpected result \(result.status.rawValue)")
        }
    }

    private func note(_ step: Step, isDone: Bool) {
        switch step {
        case .own, .call: break
        case .forget(let name): if isDone { statements.paid(name) }
        case .prepare(let prepared, let statement):
            if !isDone { statements.remove(prepared, of: statement) }
        }
    }

    // MARK: Scripts

    /// Runs statements in one text, in one transaction unless they hold their own.
    func runScript(_ script: String, as call: RunningCall? = nil) throws(PostgresError) {
        let wasIdle = !isInTransaction
        guard PQsendQuery(handle, script) == 1 else { throw lost(errorText) }
        var failure: PostgresError?
        while let result = try next(of: call, after: failure) {
            let error = try refusal(in: result, call)
            if failure == nil { failure = error }
        }
        guard let failure else { return }
        if wasIdle && isInTransaction { rollBack() }
        throw failure
    }
}
