package import Desk
import Postgres
package import Trading

extension PostgresOrderStore {
    package func liveOrders(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder] {
        try await orders(intents, BookStatements.live)
    }

    package func endedOrders(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder] {
        try await orders(intents, BookStatements.ended)
    }

    private func orders(_ intents: [IntentID], _ statement: PostgresStatement)
        async throws(StoreFailure) -> [LiveOrder]
    {
        guard !intents.isEmpty else { return [] }
        let rows = try await pool.ask(statement, [.ints(intents.map(\.raw))])
        var orders: [LiveOrder] = []
        for row in rows {
            if let order = try liveOrder(row) { orders.append(order) }
        }
        return orders
    }

    /// Nil where the account has no token that could be used.
    private func liveOrder(_ row: PostgresRow) throws(StoreFailure) -> LiveOrder? {
        var columns = Columns(row)
        let intent: IntentID = columns.id()
        let terms = try OrderTerms(reading: &columns)
        let door = SealedSession(reading: &columns)
        let task: TaskID = columns.id()
        let broker: BrokerName = try columns.word()
        guard let session = door.opened(with: secrets) else { return nil }
        return LiveOrder(
            job: OrderJob(intent: intent, task: task, broker: broker, account: door.account),
            brokerOrderID: columns.text(),
            reference: columns.text(),
            terms: terms,
            quantity: columns.quantity(),
            filled: columns.quantity(),
            sizingPrice: columns.price(),
            session: session,
            isCancelAsked: columns.bool(),
            isBeingModified: columns.bool(),
            pastDay: columns.optionalTimestamp().map { CalendarDay(containing: $0) },
            takenAt: columns.timestamp(),
            seenAt: columns.optionalTimestamp()
        )
    }

    package func due(_ kind: DueKind, limit: Int) async throws(StoreFailure) -> [OrderJob] {
        let limit = PostgresValue.int(Int64(limit))
        let nextLook = PostgresValue.int(policy.nextLook.microseconds)
        let rows =
            switch kind {
            case .live: try await pool.ask(BookStatements.liveDue, [limit, nextLook])
            case .doubt:
                try await pool.ask(
                    BookStatements.doubtsDue,
                    [limit, .int(policy.abandonedAfterLease.microseconds), nextLook]
                )
            case .cancel: try await pool.ask(CancelStatements.due, [limit, nextLook])
            case .modification:
                try await pool.ask(ModificationStatements.due, [limit, nextLook])
            case .forgotten:
                try await pool.ask(
                    BookStatements.forgottenDue,
                    [
                        limit, .int(policy.forgottenAfter.microseconds),
                        .int(policy.nextMessage.microseconds),
                    ]
                )
            }
        return try OrderJob.reading(rows).sorted { $0.intent < $1.intent }
    }

    package func jobs(withReferences references: [String]) async throws(StoreFailure)
        -> [OrderJob]
    {
        guard !references.isEmpty else { return [] }
        let known = references.filter { !$0.utf8.contains(0) }
        return try OrderJob.reading(try await pool.ask(BookStatements.referred, [.texts(known)]))
    }

    package func jobs(withNumbers numbers: [BrokerOrderNumber]) async throws(StoreFailure)
        -> [OrderJob]
    {
        let known = Dictionary(grouping: numbers.filter { !$0.id.utf8.contains(0) }, by: \.broker)
        var jobs: [OrderJob] = []
        for (broker, numbers) in known {
            guard let statement = BookStatements.numbered[broker] else { continue }
            let rows = try await pool.ask(statement, [.texts(numbers.map(\.id))])
            jobs += try OrderJob.reading(rows)
        }
        return jobs.sorted { $0.intent < $1.intent }
    }
}

extension OrderJob {
    /// Jobs from rows of intent, task, broker and account.
    static func reading(_ rows: PostgresRows) throws(StoreFailure) -> [OrderJob] {
        var jobs: [OrderJob] = []
        jobs.reserveCapacity(rows.count)
        for row in rows {
            var columns = Columns(row)
            let (intent, task): (IntentID, TaskID) = (columns.id(), columns.id())
            let broker: BrokerName = try columns.word()
            let account: AccountID? = columns.optionalID()
            jobs.append(OrderJob(intent: intent, task: task, broker: broker, account: account))
        }
        return jobs
    }
}
