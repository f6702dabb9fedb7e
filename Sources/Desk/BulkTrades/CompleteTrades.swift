package import Trading

/// Marks bulk trades complete in which nothing waits any more, and rings for those who watch.
///
/// Runs after the commit of whatever may have ended the waiting: of two workers that end it at once,
/// the one that looks last sees both. Derived from rows, never from counters.
package struct CompleteTrades: Sendable {
    let store: any TradeStore
    let board: any ProgressBoard

    package init(store: any TradeStore, board: any ProgressBoard) {
        self.store = store
        self.board = board
    }

    /// Looks at these trades; a failure is no matter, since the scheduler looks again.
    package func callAsFunction(_ trades: Set<TaskID>) async {
        guard !trades.isEmpty else { return }
        let sorted = trades.sorted()
        Failpoint.completeBeforeCommit.pass()
        _ = try? await store.complete(sorted)
        Failpoint.completeAfterCommit.pass()
        await board.ring(sorted)
    }

    /// Looks for trades that nobody has completed, since a process died between two lines.
    package func sweep() async throws {
        let found = try await store.unfinished(limit: 100)
        guard !found.isEmpty else { return }
        _ = try await store.complete(found)
        await board.ring(found)
    }
}
