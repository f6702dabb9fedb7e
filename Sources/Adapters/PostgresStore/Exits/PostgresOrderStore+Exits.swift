package import Desk
import JSON
import Postgres
package import Trading

extension PostgresOrderStore: ExitStore {
    package func askToExit(_ request: ExitRequest) async throws(StoreFailure) -> ExitAsked {
        try await pool.transact { transaction in
            let earlier: Call = (
                ExitStatements.withKey,
                [.int(request.user.raw), .text(request.idempotencyKey)]
            )
            let rows = try await transaction.begin([earlier, request.subject])
            if let made = rows[0].first {
                try await transaction.commit([])
                return try request.repeated(made)
            }
            guard let subject = rows[1].first,
                subject.optionalInt(0).map({ $0 == request.trader.raw }) != false
            else {
                try await transaction.commit([])
                return .notFound
            }
            // Of two requests with one key at once, one inserts; the other waits for it.
            let stored = try await transaction.go([request.insert, earlier])
            guard let made = stored[1].first else {
                throw StoreFailure.broken("an exit is not there")
            }
            guard !stored[0].isEmpty else {
                try await transaction.commit([])
                return try request.repeated(made)
            }
            let (_, exit) = try PositionExit.stored(made)
            try await transaction.commit([request.audit(exit.id)])
            return .created(exit)
        }
    }

    package func positionExit(_ id: ExitID) async throws(StoreFailure) -> PositionExit? {
        try Self.exits(try await pool.ask(ExitStatements.one, [.int(id.raw)])).first
    }

    package func positionExits(of trader: TraderID?, before: ExitID?, limit: Int)
        async throws(StoreFailure) -> [PositionExit]
    {
        try Self.exits(
            try await pool.ask(
                ExitStatements.latest,
                [.int(before?.raw ?? .max), .int(Int64(limit)), .optional(trader?.raw)]
            )
        )
    }

    package func openExits(limit: Int) async throws(StoreFailure) -> [PositionExit] {
        try Self.exits(try await pool.ask(ExitStatements.open, [.int(Int64(limit))]))
    }

    package func lots(of exit: PositionExit) async throws(StoreFailure) -> [ExitLot] {
        let rows = try await pool.ask(
            ExitStatements.lots,
            [
                .int(exit.trader.raw), .optional(exit.scope.client?.raw),
                .optional(exit.scope.instrument?.raw), .optional(exit.product?.rawValue),
            ]
        )
        var lots: [ExitLot] = []
        for row in rows {
            var columns = Columns(row)
            let clients = columns.ints().map { ClientID($0) }
            lots.append(ExitLot(terms: try OrderTerms(reading: &columns), clients: clients))
        }
        return lots
    }

    package func note(_ cancellation: CancellationID, of exit: ExitID) async throws(StoreFailure) {
        _ = try await pool.ask(
            ExitStatements.noteCancel,
            [.int(exit.raw), .int(cancellation.raw)]
        )
    }

    package func note(_ sales: [TaskID], of exit: ExitID) async throws(StoreFailure) {
        _ = try await pool.ask(
            ExitStatements.noteSales,
            [.int(exit.raw), .ints(sales.map(\.raw))]
        )
    }

    package func complete(_ exit: ExitID) async throws(StoreFailure) {
        _ = try await pool.ask(ExitStatements.complete, [.int(exit.raw)])
    }

    private static func exits(_ rows: PostgresRows) throws(StoreFailure) -> [PositionExit] {
        var exits: [PositionExit] = []
        for row in rows {
            var columns = Columns(row)
            exits.append(try PositionExit(reading: &columns))
        }
        return exits
    }
}

extension PositionExit {
    fileprivate init(reading columns: inout Columns) throws(StoreFailure) {
        let id: ExitID = columns.id()
        let trader: TraderID = columns.id()
        let client: ClientID? = columns.optionalID()
        let instrument: InstrumentID? = columns.optionalID()
        let scope: ExitScope =
            if let client { .client(client) } else if let instrument {
                .instrument(instrument)
            } else {
                .everything
            }
        self.init(
            id: id,
            scope: scope,
            trader: trader,
            user: columns.id(),
            product: try columns.optionalWord(),
            state: try columns.word(),
            cancellation: columns.optionalID(),
            sales: columns.ints().map { TaskID($0) },
            askedAt: columns.timestamp(),
            endedAt: columns.optionalTimestamp()
        )
    }

    /// What `ExitStatements.withKey` read.
    fileprivate static func stored(_ row: PostgresRow) throws(StoreFailure)
        -> (hash: [UInt8], exit: PositionExit)
    {
        var columns = Columns(row)
        let hash = columns.bytes()
        return (hash, try PositionExit(reading: &columns))
    }
}

extension ExitScope {
    fileprivate var client: ClientID? { if case .client(let id) = self { id } else { nil } }
    fileprivate var instrument: InstrumentID? {
        if case .instrument(let id) = self { id } else { nil }
    }
}

extension ExitRequest {
    /// Whose the subject is: no row where there is no such thing.
    fileprivate var subject: Call {
        switch scope {
        case .client(let id): (CancelStatements.clientOwner, [.int(id.raw)])
        case .instrument(let id): (CancelStatements.instrumentOwner, [.int(id.raw)])
        case .everything: (CancelStatements.owner, [.null])
        }
    }

    fileprivate var insert: Call {
        (
            ExitStatements.insert,
            [
                .int(user.raw), .text(idempotencyKey), .bytes(bodyHash), .int(trader.raw),
                .optional(scope.client?.raw), .optional(scope.instrument?.raw),
                .optional(product?.rawValue),
            ]
        )
    }

    fileprivate func audit(_ exit: ExitID) -> Call {
        let entry = AuditEntry(.exitAsked, trader: trader, client: scope.client) { detail in
            detail.field("exit", exit.raw)
            if let instrument = scope.instrument { detail.field("instrument", instrument.raw) }
            if let product { detail.field("product", product.rawValue) }
        }
        return AuditEntry.write([entry], by: actor)
    }

    /// The answer where the key has made an exit already.
    fileprivate func repeated(_ row: PostgresRow) throws(StoreFailure) -> ExitAsked {
        let (hash, exit) = try PositionExit.stored(row)
        return hash == bodyHash ? .repeated(exit) : .conflict(exit.id)
    }
}
