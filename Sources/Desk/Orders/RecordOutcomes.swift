import Trading

/// Commits a batch of outcomes, then tells those who watch, and completes what is complete.
package struct RecordOutcomes: Sendable {
    let store: any OrderStore
    let complete: CompleteTrades

    package init(store: any OrderStore, complete: CompleteTrades) {
        self.store = store
        self.complete = complete
    }

    /// For each outcome, whether the attempt was still this worker's.
    package func callAsFunction(_ outcomes: [AttemptOutcome]) async throws -> [Bool] {
        Failpoint.recordBeforeCommit.pass()
        let kept = try await store.record(outcomes)
        Failpoint.recordAfterCommit.pass()
        await complete(Set(outcomes.map(\.attempt.job.task)))
        return kept
    }
}
