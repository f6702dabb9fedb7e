package import Desk
import Postgres
package import Trading

/// What is there, and what is due.
extension PostgresConditionalStore {
    package func conditional(_ id: ConditionalID, of trader: TraderID?) async throws(StoreFailure)
        -> ConditionalRecord?
    {
        let values: [PostgresValue] = [.int(id.raw), .optional(trader?.raw)]
        guard let row = try await pool.ask(ConditionalStatements.one, values).first else {
            return nil
        }
        var columns = Columns(row)
        return try ConditionalRecord(reading: &columns)
    }

    package func conditionals(_ query: ConditionalQuery) async throws(StoreFailure)
        -> [ConditionalRecord]
    {
        let rows = try await pool.ask(
            ConditionalStatements.page,
            [
                .int(query.before?.raw ?? .max), .optional(query.trader?.raw),
                .optional(query.client?.raw), .texts(query.states.map(\.rawValue)),
                .int(Int64(query.limit)),
            ]
        )
        var records: [ConditionalRecord] = []
        for row in rows {
            var columns = Columns(row)
            records.append(try ConditionalRecord(reading: &columns))
        }
        return records
    }

    package func standing(of client: ClientID, of trader: TraderID?) async throws(StoreFailure)
        -> ConditionalStanding?
    {
        let values: [PostgresValue] = [.int(client.raw), .optional(trader?.raw)]
        guard let row = try await pool.ask(ConditionalStatements.standing, values).first else {
            return nil
        }
        var columns = Columns(row)
        let trader: TraderID = columns.id()
        let status: Client.Status = try columns.word()
        let account: AccountID? = columns.optionalID()
        let broker: BrokerName? = try columns.optionalWord()
        let connection: BrokerAccount.Status? = try columns.optionalWord()
        let isOver = columns.bool()
        // Whose account was disconnected is not on paper by that.
        let isOnPaper = !columns.bool()
        let standing = AccountFitness(
            client: status,
            account: connection,
            isOver: isOver,
            isOnPaper: isOnPaper
        )
        return ConditionalStanding(
            trader: trader,
            account: account,
            broker: isOnPaper ? .paper : broker,
            obstacle: standing.obstacle
        )
    }

    package func dueConditionals(limit: Int) async throws(StoreFailure) -> [ConditionalJob] {
        let due = try await pool.ask(ConditionalStatements.due, [.int(Int64(limit))])
        guard !due.isEmpty else { return [] }
        let rows = try await pool.ask(ConditionalStatements.jobs, [.ints(due.map { $0.int(0) })])
        var jobs: [ConditionalJob] = []
        for row in rows { jobs.append(try ConditionalJob(reading: row, secrets)) }
        return jobs
    }

    package func knownIDs(of account: AccountID) async throws(StoreFailure) -> Set<String> {
        Set(
            try await pool.ask(ConditionalStatements.knownIDs, [.int(account.raw)])
                .map { $0.text(0) }
        )
    }

    package func entry(of task: TaskID, client: ClientID) async throws(StoreFailure)
        -> ConditionalEntry?
    {
        let values: [PostgresValue] = [.int(task.raw), .int(client.raw)]
        guard let row = try await pool.ask(ConditionalStatements.entry, values).first else {
            return nil
        }
        var columns = Columns(row)
        return ConditionalEntry(
            intent: columns.id(),
            state: try columns.word(),
            filled: columns.quantity(),
            reason: try columns.optionalWord()
        )
    }
}

/// What keeps a client's orders from leaving, of his own and of his account.
struct AccountFitness {
    let client: Client.Status
    let account: BrokerAccount.Status?
    /// Whether the session's time is over.
    let isOver: Bool
    /// Whether there is no account since the paper broker executes.
    let isOnPaper: Bool

    init(
        client: Client.Status,
        account: BrokerAccount.Status?,
        isOver: Bool,
        isOnPaper: Bool = false
    ) {
        self.client = client
        self.account = account
        self.isOver = isOver
        self.isOnPaper = isOnPaper
    }

    /// `mayBeOnPaper`: a column more says whether the paper broker executes.
    init(reading columns: inout Columns, mayBeOnPaper: Bool = false) throws(StoreFailure) {
        client = try columns.word()
        account = try columns.optionalWord()
        isOver = columns.bool()
        isOnPaper = mayBeOnPaper ? columns.bool() : false
    }

    var obstacle: Reason? {
        switch client {
        case .inactive: return .clientInactive
        case .pending: return .clientPending
        case .archived: return .clientArchived
        case .active: break
        }
        switch account {
        case nil where isOnPaper: return nil
        case nil, .disconnected: return .noSession
        case .expired: return .sessionExpired
        case .connected: return isOver ? .sessionExpired : nil
        }
    }
}
