package import Trading

/// Asks the broker's books what became of attempts whose answer was lost.
///
/// Found by our reference: adopted. Absent through the horizon in books that answered: nothing was
/// placed. Anything else: stays UNKNOWN with its funds held. Nothing is ever sent from here.
package struct ResolveDoubts: Sendable {
    let store: any OrderStore
    let brokers: Brokers
    let complete: CompleteTrades
    let schedule: DoubtSchedule
    let clock: any WallClock

    package init(
        store: any OrderStore,
        brokers: Brokers,
        complete: CompleteTrades,
        schedule: DoubtSchedule,
        clock: any WallClock
    ) {
        self.store = store
        self.brokers = brokers
        self.complete = complete
        self.schedule = schedule
        self.clock = clock
    }

    /// Looks into these; those still unknown are looked at again by schedule.
    package func callAsFunction(_ jobs: [OrderJob]) async throws {
        let doubts = try await store.doubts(jobs.map(\.intent))
        guard !doubts.isEmpty else { return }
        Failpoint.doubtBeforeLook.pass()
        let findings = await withTaskGroup(of: DoubtFinding.self) { group in
            for doubt in doubts { group.addTask { await look(into: doubt) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        Failpoint.doubtAfterLook.pass()
        try await store.resolve(findings)
        Failpoint.doubtAfterCommit.pass()
        await complete(Set(doubts.map(\.job.task)))
    }

    private func look(into doubt: Doubt) async -> DoubtFinding {
        guard let broker = brokers[doubt.job.broker] else { return later(doubt) }
        do {
            if broker.traits.findsByReference, let report = try await broker.find(doubt) {
                return DoubtFinding(doubt: doubt, result: .found(report))
            }
            // The look-up alone may lag: only the whole book can testify that something is absent.
            let book = try await broker.orders(doubt.session)
            if let report = book.first(where: { $0.reference == doubt.reference }) {
                return DoubtFinding(doubt: doubt, result: .found(report))
            }
            let age = doubt.sentAt.duration(to: clock.now())
            let isProven = schedule.provesAbsence(
                looks: doubt.looks + 1,
                age: age,
                lag: broker.traits.visibilityLag,
                brokerSpoke: doubt.brokerWords != nil
            )
            guard isProven else { return later(doubt) }
            return DoubtFinding(doubt: doubt, result: .absentProven(thenRetry: false))
        } catch {
            return later(doubt)
        }
    }

    private func later(_ doubt: Doubt) -> DoubtFinding {
        let delay = schedule.delay(afterLooks: doubt.looks + 1)
        return DoubtFinding(doubt: doubt, result: .stillUnknown(lookAgainIn: delay))
    }
}
