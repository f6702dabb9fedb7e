package import Desk
import Postgres
package import Trading

/// Asking for cancels: the wish, and in the same transaction all that follows from it at once.
extension PostgresOrderStore: CancelStore {
    package func askToCancel(_ request: CancelRequest) async throws(StoreFailure) -> CancelAsked {
        try await pool.transact { transaction in
            let earlier: Call = (
                CancelStatements.withKey,
                [.int(request.user.raw), .text(request.idempotencyKey)]
            )
            let rows = try await transaction.begin([earlier, request.scope.owner])
            if let made = rows[0].first {
                try await transaction.commit([])
                return request.repeated(made)
            }
            guard let subject = rows[1].first else {
                try await transaction.commit([])
                return .notFound
            }
            let owner: TraderID? = subject.optionalInt(0).map { ID($0) }
            if let owner, let allowed = request.trader, owner != allowed {
                try await transaction.commit([])
                return .notFound
            }
            // Of two requests with one key at once, one inserts; the other waits for it.
            let insert = request.insert(of: owner ?? request.trader)
            let stored = try await transaction.go([insert, earlier])
            guard let head = stored[1].first else {
                throw StoreFailure.broken("a cancellation is not there")
            }
            guard !stored[0].isEmpty else {
                try await transaction.commit([])
                return request.repeated(head)
            }
            let (_, made) = CancellationHead.stored(head)
            // Under the trades' locks nothing new is planned that would not be found.
            let finds = request.scope.finds(of: made.trader)
            let found = try await transaction.go(finds)[1].map { $0.int(0) }
            // A claim that held one of these orders meanwhile may have cut it into several: under
            // the locks nobody can any more.
            var locked = try await transaction.go([
                (CancelStatements.lock, [.ints(found)]), finds[1],
            ])
            let more = Set(locked[1].map { $0.int(0) }).union(found)
            if more.count > found.count {
                locked = try await transaction.go([
                    (CancelStatements.lock, [.ints(more.sorted())])
                ])
            }
            let batch = try WishBatch(locked[0], made)
            try await transaction.commit(batch.writes(by: request.actor))
            return .created(made, orders: batch.toAsk, trades: batch.trades)
        }
    }

    package func note(_ outcomes: [CancelOutcome]) async throws(StoreFailure) {
        guard !outcomes.isEmpty else { return }
        let ids = Array(Set(outcomes.map(\.job.intent)))
        try await pool.transact { transaction in
            let reads = OrderBatch.reads(ids, money: [])
            let tries: Call = (CancelStatements.tries, [.ints(ids.map(\.raw))])
            let rows = try await transaction.begin(reads + [tries])
            var batch = CancelBatch(orders: try OrderBatch(rows), tries: rows[reads.count])
            for outcome in outcomes { try batch.note(outcome) }
            try await transaction.commit(try batch.writes())
        }
    }

    package func openCancels() async throws(StoreFailure) -> [OpenCancels] {
        var open: [OpenCancels] = []
        for row in try await pool.ask(CancelReading.open) {
            var columns = Columns(row)
            let broker: BrokerName = try columns.word()
            let count = Int(columns.int())
            open.append(OpenCancels(broker: broker, count: count, oldest: columns.timestamp()))
        }
        return open
    }

    package func cancellation(_ id: CancellationID) async throws(StoreFailure) -> Cancellation? {
        guard let row = try await pool.ask(CancelReading.one, [.int(id.raw)]).first else {
            return nil
        }
        var columns = Columns(row)
        let head = CancellationHead(reading: &columns)
        let awaitsPlan = columns.bool()
        var counts: [CancelResult: Int] = [:]
        var released = Money.zero
        for row in try await pool.ask(CancelReading.counts, [.int(id.raw)]) {
            var columns = Columns(row)
            let found: OrderState = try columns.word()
            let now: OrderState = try columns.word()
            let result = CancelResult.of(found: found, now: now, isRefused: columns.bool())
            counts[result, default: 0] += Int(columns.int())
            released += columns.money()
        }
        return Cancellation(head: head, counts: counts, released: released, awaitsPlan: awaitsPlan)
    }

    package func cancellations(of trader: TraderID?, before: CancellationID?, limit: Int)
        async throws(StoreFailure) -> [CancellationHead]
    {
        try await pool.ask(
            trader == nil ? CancelReading.latest : CancelReading.latestOfTrader,
            [.int(before?.raw ?? .max), .int(Int64(limit))]
                + (trader.map { [.int($0.raw)] } ?? [])
        ).map { row in
            var columns = Columns(row)
            return CancellationHead(reading: &columns)
        }
    }

    package func cancelledOrders(_ id: CancellationID, _ page: CancelPage)
        async throws(StoreFailure) -> [CancelledOrder]
    {
        let ways = CancelResult.ways(to: page.results)
        let rows = try await pool.ask(
            CancelReading.orders,
            [
                .int(id.raw), .int(page.after?.raw ?? 0), .int(Int64(page.limit)),
                .texts(ways.map(\.found.rawValue)), .texts(ways.map(\.now.rawValue)),
                .bools(ways.map(\.isRefused)),
            ]
        )
        var orders: [CancelledOrder] = []
        orders.reserveCapacity(rows.count)
        for row in rows { orders.append(try CancelledOrder(reading: row)) }
        return orders
    }
}

extension CancelResult {
    /// All ways in which an order may come to one of these results (none: to any).
    fileprivate static func ways(to results: Set<CancelResult>)
        -> [(found: OrderState, now: OrderState, isRefused: Bool)]
    {
        OrderState.allCases.flatMap { found in
            OrderState.allCases.flatMap { now in
                [false, true].map { (found: found, now: now, isRefused: $0) }
            }
        }
        .filter { way in
            let result = of(found: way.found, now: way.now, isRefused: way.isRefused)
            return results.isEmpty || results.contains(result)
        }
    }
}

extension CancelScope {
    /// Whose the subject is: no row where there is no such thing.
    fileprivate var owner: Call {
        switch self {
        case .task(let id): (CancelStatements.taskOwner, [.int(id.raw)])
        case .order(let id): (CancelStatements.orderOwner, [.int(id.raw)])
        case .client(let id): (CancelStatements.clientOwner, [.int(id.raw)])
        case .instrument(let id): (CancelStatements.instrumentOwner, [.int(id.raw)])
        case .everything: (CancelStatements.owner, [.null])
        }
    }

    /// The calls that lock the trades, and then find their orders.
    fileprivate func finds(of trader: TraderID?) -> [Call] {
        let trader = PostgresValue.optional(trader?.raw)
        switch self {
        case .task(let id):
            return [
                (CancelStatements.lockTasks, [.null, .null, .int(id.raw)]),
                (CancelStatements.findOfTask, [.int(id.raw)]),
            ]
        case .order(let id):
            // The order is there, so its trade is planned.
            return [
                (CancelStatements.lockTasks, [.null, .null, .int(0)]),
                (CancelStatements.findOrder, [.int(id.raw)]),
            ]
        case .client(let id):
            return [
                (CancelStatements.lockTasks, [trader, .null, .null]),
                (CancelStatements.findOpen, [trader, .null, .int(id.raw)]),
            ]
        case .instrument(let id):
            return [
                (CancelStatements.lockTasks, [trader, .int(id.raw), .null]),
                (CancelStatements.findOpen, [trader, .int(id.raw), .null]),
            ]
        case .everything:
            return [
                (CancelStatements.lockTasks, [trader, .null, .null]),
                (CancelStatements.findOpen, [trader, .null, .null]),
            ]
        }
    }
}

extension CancelRequest {
    fileprivate func insert(of trader: TraderID?) -> Call {
        var columns: [PostgresValue] = [.null, .null, .null, .null]
        switch scope {
        case .task(let id): columns[0] = .int(id.raw)
        case .order(let id): columns[1] = .int(id.raw)
        case .client(let id): columns[2] = .int(id.raw)
        case .instrument(let id): columns[3] = .int(id.raw)
        case .everything: break
        }
        return (
            CancelStatements.insert,
            [
                .int(user.raw), .text(idempotencyKey), .bytes(bodyHash),
                .optional(trader?.raw),
            ] + columns + [reason.map { .text($0) } ?? .null]
        )
    }

    /// The answer where the key has made a cancellation already.
    fileprivate func repeated(_ row: PostgresRow) -> CancelAsked {
        let (hash, head) = CancellationHead.stored(row)
        return hash == bodyHash ? .repeated(head) : .conflict(head.id)
    }
}

extension CancellationHead {
    /// What `CancelStatements.withKey` read.
    fileprivate static func stored(_ row: PostgresRow) -> (hash: [UInt8], head: CancellationHead) {
        var columns = Columns(row)
        let hash = columns.bytes()
        return (hash, CancellationHead(reading: &columns))
    }
}
