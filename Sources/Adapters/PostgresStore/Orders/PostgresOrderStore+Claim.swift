package import Desk
import Postgres
import Trading

extension PostgresOrderStore {
    package func claim(_ requests: [ClaimRequest], lease: Lease) async throws(StoreFailure)
        -> [Claim]
    {
        guard !requests.isEmpty else { return [] }
        let mark = try await mark()
        let decisions = try await pool.transact { transaction in
            let rows = try await transaction.begin(ClaimBatch.reads(requests))
            var batch = try ClaimBatch(
                rows,
                mark: mark,
                lease: lease,
                requiresEgress: policy.requiresEgress
            )
            let decisions = try requests.map { try batch.decide($0) }
            let written = try await transaction.commit(try batch.writes())
            return try ClaimBatch.decided(decisions, written)
        }
        return try await opened(decisions)
    }

    /// The decisions with their tokens decrypted.
    private func opened(_ decisions: [ClaimBatch.Decision]) async throws(StoreFailure) -> [Claim] {
        var claims: [Claim] = []
        var unreadable: [AttemptOutcome] = []
        claims.reserveCapacity(decisions.count)
        for decision in decisions {
            switch decision {
            case .declined(let reason): claims.append(.declined(reason))
            case .inDoubt: claims.append(.inDoubt)
            case .settled: claims.append(.settled)
            case .send(let draft):
                let session = draft.door.opened(with: secrets)
                let attempt = draft.attempt(with: session ?? draft.door.closed)
                if session != nil {
                    claims.append(.send(attempt))
                } else {
                    claims.append(.declined(.noSession))
                    unreadable.append(
                        AttemptOutcome(attempt: attempt, answer: .refused(.noSession, words: ""))
                    )
                }
            }
        }
        // A token that another key sealed: nothing was sent, so the hold goes back at once.
        if !unreadable.isEmpty { _ = try await record(unreadable) }
        return claims
    }
}
