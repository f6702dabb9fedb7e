import Trading

/// Commits a batch of outcomes, then tells those who watch, and completes what is complete.
package struct RecordOutcomes: Sendable {
    let store: any OrderStore
    let accounts: any AccountStore
    let complete: CompleteTrades

    package init(store: any OrderStore, accounts: any AccountStore, complete: CompleteTrades) {
        self.store = store
        self.accounts = accounts
        self.complete = complete
    }

    /// For each outcome, whether the attempt was still this worker's.
    package func callAsFunction(_ outcomes: [AttemptOutcome]) async throws -> [Bool] {
        Failpoint.recordBeforeCommit.pass()
        let kept = try await store.record(outcomes)
        Failpoint.recordAfterCommit.pass()
        await complete(Set(outcomes.map(\.attempt.job.task)))
        await markEnded(outcomes)
        return kept
    }

    /// The next order of an account whose session is over is then not sent at all.
    ///
    /// Where this fails, that one finds it out as this one did.
    private func markEnded(_ outcomes: [AttemptOutcome]) async {
        let ended = outcomes.compactMap { outcome in
            if case .refused(.sessionExpired, _) = outcome.answer {
                outcome.attempt.session
            } else {
                nil
            }
        }
        if !ended.isEmpty { try? await accounts.markExpired(ended) }
    }
}
