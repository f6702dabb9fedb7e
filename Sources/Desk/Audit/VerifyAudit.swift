package import Trading

/// Recomputes the chain of seals, and the rows under them, and finds the first that is not good.
package struct VerifyAudit: Sendable {
    private let store: any AuditSealStore
    private let digest: AuditSeal.Digest

    package init(store: any AuditSealStore, digest: @escaping AuditSeal.Digest) {
        self.store = store
        self.digest = digest
    }

    /// What was found.
    package struct Verdict: Sendable, Equatable {
        /// Seals that are good, each by itself and after the one before.
        package var seals: Int64 = 0
        /// Rows that are good; within the period only.
        package var rows: Int64 = 0
        /// The first that is not good; nil where all is.
        package var fault: AuditFault?
        /// Rows that no seal covers yet, so that nothing can be said of them.
        package var unsealed = UnsealedAudit(count: 0, oldest: nil)
        /// The newest good seal.
        package var head: AuditSeal?
    }

    /// Moments that take in all rows.
    package static let allTimes =
        Timestamp(microseconds: .min)..<Timestamp(microseconds: .max)
    private static let page = 1_000

    /// Checks every seal, the rows of the seals that touch the period, and that a seal has the hash
    /// `head`, where one is given.
    package func callAsFunction(
        _ period: Range<Timestamp> = VerifyAudit.allTimes,
        head: [UInt8]? = nil
    ) async throws -> Verdict {
        var verdict = Verdict()
        var isHeadFound = head == nil
        while true {
            let seals = try await store.seals(after: verdict.head?.number ?? 0, limit: Self.page)
            for seal in seals {
                verdict.fault = try await check(seal, &verdict, period)
                if verdict.fault != nil { return verdict }
                if seal.hash == head { isHeadFound = true }
            }
            if seals.count < Self.page { break }
        }
        let last = verdict.head
        if let stray = try await store.strayRow(within: period) {
            verdict.fault =
                stray.seal.map { .rowAdded(stray.id, seal: $0) } ?? .rowForged(stray.id)
        } else if !isHeadFound {
            verdict.fault = .headUnknown
        }
        verdict.unsealed = try await store.unsealed(
            after: last?.ids.upperBound ?? 0,
            since: Timestamp(microseconds: .min)
        )
        return verdict
    }

    private func check(_ seal: AuditSeal, _ verdict: inout Verdict, _ period: Range<Timestamp>)
        async throws -> AuditFault?
    {
        let expected = (verdict.head?.number ?? 0) + 1
        guard seal.number == expected else { return .sealMissing(expected) }
        guard seal.isIntact(digest) else { return .sealEdited(seal.number) }
        guard seal.follows(verdict.head) else { return .sealDoesNotFollow(seal.number) }
        if period.overlaps(seal.times) {
            if let fault = try await checkRows(of: seal) { return fault }
            verdict.rows += seal.count
        }
        verdict.seals += 1
        verdict.head = seal
        return nil
    }

    private func checkRows(of seal: AuditSeal) async throws -> AuditFault? {
        let marks = try await store.marks(of: seal.number)
        guard digest(marks) == seal.marksHash else { return .sealEdited(seal.number) }
        let rows = DigestedRows(try await store.rows(seal.ids, seal.times), digest: digest)
        if let fault = rows.firstFault(seal, marks: marks) {
            // A row whose time was changed lies elsewhere now.
            if case .rowMissing(let id, _) = fault, try await store.hasRow(id) {
                return .rowChanged(id, seal: seal.number)
            }
            return fault
        }
        guard rows.hash(digest) == seal.rowsHash else { return .rowsDiffer(seal: seal.number) }
        return nil
    }
}
