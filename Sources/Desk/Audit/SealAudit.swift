package import Trading

/// Seals audit rows as they become final; writers never wait for it, and write nothing more for it.
///
/// Any number may run at once: of two seals with the same number the store takes one.
package struct SealAudit: Sendable {
    private let store: any AuditSealStore
    private let clock: any WallClock
    private let digest: AuditSeal.Digest
    private let mostIDs: Int64

    /// Seals made in one go at most.
    private static let mostSeals = 100
    /// A row's time is that of its transaction's beginning; hardly any lasts so long.
    private static let longestTransaction: Duration = .seconds(86_400)

    /// `mostIDs` go into one seal: as many rows are read in one go.
    package init(
        store: any AuditSealStore,
        clock: any WallClock,
        digest: @escaping AuditSeal.Digest,
        mostIDs: Int64 = 50_000
    ) {
        self.store = store
        self.clock = clock
        self.digest = digest
        self.mostIDs = mostIDs
    }

    /// How far one go came.
    package enum Progress: Sendable, Equatable {
        /// Some transaction may still bring a row; ask again soon, with the same horizon.
        case waiting
        /// Much was left by earlier times; go on at once.
        case more
        /// All that was there when the horizon was taken is sealed.
        case done
    }

    /// Seals what may be sealed.
    ///
    /// The caller keeps `pending` from call to call: a horizon passes once its own transactions are
    /// over, however many come after them; a new one each time might never.
    package func callAsFunction(_ pending: inout AuditHorizon?) async throws -> Progress {
        let horizon: AuditHorizon
        if let pending {
            horizon = pending
        } else {
            horizon = try await store.horizon()
            pending = horizon
        }
        guard try await store.hasPassed(horizon) else { return .waiting }
        var last = try await store.lastSeal()
        for _ in 0..<Self.mostSeals {
            guard let seal = try await next(after: last, until: horizon.highestID) else {
                pending = nil
                return .done
            }
            last = seal
        }
        return .more
    }

    /// How many rows are sealed, and what is not.
    package func standing() async throws -> (sealed: Int64, unsealed: UnsealedAudit) {
        let last = try await store.lastSeal()
        let unsealed = try await store.unsealed(
            after: last?.ids.upperBound ?? 0,
            since: Self.earliest(after: last)
        )
        return (last?.total ?? 0, unsealed)
    }

    /// The earliest time that a row after this seal has, as a rule.
    private static func earliest(after last: AuditSeal?) -> Timestamp {
        guard let last else { return Timestamp(microseconds: .min) }
        return last.times.upperBound.advanced(by: .zero - longestTransaction)
    }

    /// Makes the next seal; nil where there is nothing to seal, or another was quicker.
    private func next(after last: AuditSeal?, until highest: Int64) async throws -> AuditSeal? {
        let first = AuditSeal.firstID(after: last)
        guard first <= highest else { return nil }
        let end = min(highest, first + mostIDs - 1)
        let rows = try await self.rows(first...end, after: last)
        // Ids of transactions that were undone are sealed with the next row.
        guard !rows.isEmpty || end < highest else { return nil }
        let digested = DigestedRows(rows, digest: digest)
        let times = rows.map(\.at)
        let earliest = times.min()
        let seal = AuditSeal(
            after: last,
            through: end,
            digested,
            times: earliest.map { $0...(times.max() ?? $0) },
            at: clock.now(),
            digest: digest
        )
        return try await store.add(seal, marks: digested.marks(seal.ids)) ? seal : nil
    }

    /// All rows with these ids; where some are not among those of late, the whole log is searched.
    private func rows(_ ids: ClosedRange<Int64>, after last: AuditSeal?) async throws
        -> [AuditRecord]
    {
        let end = Timestamp(microseconds: .max)
        let late = try await store.rows(ids, Self.earliest(after: last)...end)
        guard late.count <= ids.upperBound - ids.lowerBound, last != nil else { return late }
        // Undone transactions, as a rule; but none may be left out.
        return try await store.rows(ids, Timestamp(microseconds: .min)...end)
    }
}
