import Synchronization
package import Trading

/// Brings orders to be looked at, since a broker's message hints that they changed.
///
/// Hints are taken at once and worked on together every moment: a burst of fills costs a query and a
/// few messages, not one of each per order. A hint that is lost is made good by the sweep.
package final class TakeHints: Sendable {
    private struct Waiting {
        var references: Set<String> = []
        var numbers: Set<BrokerOrderNumber> = []
        var conditionals: Set<ConditionalHint> = []
        var accounts: Set<AccountID> = []

        var count: Int {
            references.count + numbers.count + conditionals.count + accounts.count
        }
    }

    private let store: any OrderStore
    private let live: (any LiveAccountStore)?
    private let conditionals: (any ConditionalStore)?
    private let queue: any OrderQueue
    private let clock: any WallClock
    private let waiting = Mutex(Waiting())

    /// Hints that wait at most; more are dropped.
    private static let room = 100_000
    private static let pause: Duration = .milliseconds(50)
    private static let batch = 1_000

    /// Without `live` or `conditionals`, hints about accounts or conditional orders are dropped.
    package init(
        store: any OrderStore,
        live: (any LiveAccountStore)? = nil,
        conditionals: (any ConditionalStore)? = nil,
        queue: any OrderQueue,
        clock: any WallClock
    ) {
        self.store = store
        self.live = live
        self.conditionals = conditionals
        self.queue = queue
        self.clock = clock
    }

    /// Takes hints about the orders with these references of ours.
    package func callAsFunction(_ references: [String]) {
        take { $0.references.formUnion(references) }
    }

    /// Takes what a broker's message speaks of.
    package func callAsFunction(_ hints: [BrokerHint], of broker: BrokerName) {
        guard !hints.isEmpty else { return }
        take { waiting in
            for hint in hints {
                switch hint {
                case .order(let reference):
                    waiting.references.insert(reference)
                    if BrokerReference.mayBeConditional(reference) {
                        waiting.conditionals.insert(.referred(reference))
                    }
                case .numbered(let id):
                    waiting.numbers.insert(BrokerOrderNumber(broker: broker, id: id))
                case .conditional(let id): waiting.conditionals.insert(.named(broker, id))
                case .foreignOrder(let client, let code):
                    waiting.conditionals.insert(
                        .foreignOrder(broker, client: client, code: code)
                    )
                }
            }
        }
    }

    /// Something was done to an account at its broker: whatever is live there may have ended.
    package func callAsFunction(account: AccountID) {
        take { $0.accounts.insert(account) }
        unheard([account])
    }

    /// What happened to these accounts' conditional orders may not have been heard.
    package func unheard(_ accounts: Set<AccountID>) {
        take { waiting in
            for account in accounts { waiting.conditionals.insert(.unheard(account)) }
        }
    }

    private func take(_ body: (inout Waiting) -> Void) {
        waiting.withLock { waiting in
            guard waiting.count < Self.room else { return }
            body(&waiting)
        }
    }

    /// Works on what was taken until cancelled; `report` hears of what goes wrong.
    package func run(report: @Sendable (any Error) -> Void) async {
        while (try? await clock.sleep(for: Self.pause)) != nil {
            do {
                try await flush()
            } catch {
                report(error)
            }
        }
    }

    /// Works on what was taken so far.
    package func flush() async throws {
        let taken = waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return waiting
        }
        for some in Self.batches(taken.references.sorted()) {
            let jobs = try await store.jobs(withReferences: some)
            _ = await queue.publish(SweepOrders.lookMessages(jobs))
        }
        for some in Self.batches(Array(taken.numbers)) {
            let jobs = try await store.jobs(withNumbers: some)
            _ = await queue.publish(SweepOrders.lookMessages(jobs))
        }
        if let live, !taken.accounts.isEmpty {
            let jobs = try await live.liveJobs(of: taken.accounts.sorted())
            _ = await queue.publish(SweepOrders.lookMessages(jobs))
        }
        if let conditionals, !taken.conditionals.isEmpty {
            for some in Self.batches(Array(taken.conditionals)) {
                try await conditionals.hasten(some)
            }
        }
    }

    private static func batches<Hint>(_ hints: [Hint]) -> [[Hint]] {
        stride(from: 0, to: hints.count, by: batch).map { start in
            Array(hints[start..<min(start + batch, hints.count)])
        }
    }
}
