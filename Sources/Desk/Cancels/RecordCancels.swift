package import Trading

/// Commits what a batch of cancels came to: first what the books say, then when to ask again.
package struct RecordCancels: Sendable {
    let orders: any OrderStore
    let cancels: any CancelStore
    let complete: CompleteTrades

    package init(orders: any OrderStore, cancels: any CancelStore, complete: CompleteTrades) {
        self.orders = orders
        self.cancels = cancels
        self.complete = complete
    }

    /// Does it.
    ///
    /// Killed between the two, an order that has ended is asked about no more, and one that has not
    /// is asked about again.
    package func callAsFunction(_ outcomes: [CancelOutcome]) async throws {
        let booked = outcomes.compactMap(\.booked)
        Failpoint.cancelBeforeCommit.pass()
        if !booked.isEmpty { try await orders.apply(booked) }
        try await cancels.note(outcomes)
        Failpoint.cancelAfterCommit.pass()
        await complete(Set(outcomes.map(\.job.task)))
    }
}

extension OrderStore {
    /// For each of these orders what is needed to ask for its cancel; nil where it has ended or
    /// nobody wishes it cancelled any more.
    package func ordersToCancel(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder?] {
        let live = try await liveOrders(Array(Set(intents))).filter(\.isCancelAsked)
        let byID = Dictionary(live.map { ($0.job.intent, $0) }) { first, _ in first }
        return intents.map { byID[$0] }
    }
}
