package import Desk
package import Postgres
package import Secrets
package import Trading

/// Conditional orders in PostgreSQL: one row each, changed under its lock, with its audit line in the
/// same transaction.
package struct PostgresConditionalStore: ConditionalStore {
    let pool: PostgresPool
    let secrets: SecretBox
    let clock: any WallClock

    package init(pool: PostgresPool, secrets: SecretBox, clock: any WallClock) {
        self.pool = pool
        self.secrets = secrets
        self.clock = clock
    }

    static let readMark = PostgresStatement("SELECT mark FROM installation")

    package func submit(_ request: ConditionalSubmission) async throws(StoreFailure)
        -> ConditionalSubmitted
    {
        let terms = request.terms
        let earlier: Call = (
            ConditionalStatements.withKey,
            [.int(request.user.raw), .text(request.idempotencyKey)]
        )
        let insert: Call = (
            ConditionalStatements.insert,
            [
                .int(request.client.raw), .optional(request.account?.raw),
                .text(request.broker.rawValue), .int(request.user.raw),
                .text(request.idempotencyKey), .bytes(request.bodyHash),
                .int(terms.instrument.id.raw), .text(terms.kind.rawValue),
                .text(terms.side.rawValue), .text(terms.product.rawValue),
                .optional(terms.direction?.rawValue), .ints(ConditionalLevels.of(terms)),
            ]
        )
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([insert, earlier])
            guard let row = rows[1].first else {
                throw StoreFailure.broken("there is no client \(request.client)")
            }
            var columns = Columns(row)
            let hash = columns.optionalBytes()
            let record = try ConditionalRecord(reading: &columns)
            guard !rows[0].isEmpty else {
                try await transaction.commit([])
                return hash == request.bodyHash ? .repeated(record) : .conflict(record.id)
            }
            try await transaction.commit(audit(record, nil, request.actor))
            return .created(record)
        }
    }

    package func addExits(_ exits: ConditionalExits) async throws(StoreFailure)
        -> ConditionalRecord
    {
        let terms = exits.terms
        let insert: Call = (
            ConditionalStatements.insertExits,
            [
                .int(exits.parent.raw), .text(terms.kind.rawValue), .text(terms.side.rawValue),
                .ints(ConditionalLevels.of(terms)),
            ]
        )
        let read: Call = (ConditionalStatements.withParent, [.int(exits.parent.raw)])
        return try await pool.transact { transaction in
            let rows = try await transaction.begin([insert, read])
            guard let row = rows[1].first else {
                throw StoreFailure.broken("there is no conditional order \(exits.parent)")
            }
            var columns = Columns(row)
            let record = try ConditionalRecord(reading: &columns)
            try await transaction.commit(
                rows[0].isEmpty ? [] : audit(record, nil, Actor(user: nil))
            )
            return record
        }
    }

    package func change(
        _ id: ConditionalID,
        fence: Int64?,
        by actor: Actor,
        _ change: @escaping @Sendable (inout ConditionalRecord) -> Void
    ) async throws(StoreFailure) -> ConditionalRecord? {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([(ConditionalStatements.lock, [.int(id.raw)])])
            guard let row = rows[0].first else { return nil }
            var columns = Columns(row)
            let old = try ConditionalRecord(reading: &columns)
            guard fence == nil || fence == old.fence else { return nil }
            var new = old
            change(&new)
            guard new != old else { return old }
            try await transaction.commit([new.written] + audit(new, old, actor))
            return new
        }
    }

    package func claim(_ id: ConditionalID, lease: Lease) async throws(StoreFailure)
        -> ConditionalAttempt?
    {
        try await pool.transact { transaction in
            let rows = try await transaction.begin([
                (ConditionalStatements.lockToClaim, [.int(id.raw)]), (ClaimStatements.halts, []),
                (Self.readMark, []),
            ])
            guard let row = rows[0].first, let mark = rows[2].first?.text(0) else { return nil }
            var columns = Columns(row)
            let old = try ConditionalRecord(reading: &columns)
            let session = BrokerSession(reading: &columns, of: old, secrets)
            let standing = try AccountFitness(reading: &columns, mayBeOnPaper: true)
            let cash = columns.money()
            guard old.state == .ready else { return nil }
            let halts = try Halts(reading: rows[1])
            var new = old
            let obstacle =
                standing.obstacle
                ?? halts.reason(for: old.haltSubject)
                ?? (session == nil ? .noSession : nil)
                ?? (session?.instrument == nil ? .noInstrumentAtBroker : nil)
                // Only brackets of the broker's own come here, and their entries cost at once.
                ?? (old.terms.entryCost > cash ? .insufficientFunds : nil)
            if let obstacle {
                new.decline(obstacle, at: clock.now())
            } else {
                let reference = BrokerReference.make(id, attempt: old.tries + 1, mark: mark)
                new.claim(reference: reference, lease: lease.duration, at: clock.now())
            }
            try await transaction.commit([new.written] + audit(new, old, Actor(user: nil)))
            guard new.state == .sending, let session else { return nil }
            return new.attempt(session)
        }
    }

    private func audit(_ new: ConditionalRecord, _ old: ConditionalRecord?, _ actor: Actor)
        -> [Call]
    {
        new.audit(after: old).map { [AuditEntry.write([$0], by: actor)] } ?? []
    }
}

extension ConditionalTerms {
    /// What a bracket's entry at a limit costs the client; zero where nothing is bought at once, or
    /// most of it with the broker's money.
    fileprivate var entryCost: Money {
        guard case .bracket(let entry?, _, _, _) = condition, side == .buy, product == .delivery
        else { return .zero }
        return entry.cost(of: quantity)
    }
}
