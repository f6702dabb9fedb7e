import Trading

/// Lets the purchases of baskets go whose clients' sales have ended.
///
/// What a sale brought is the client's by then, since its fills are booked with its end. Killed after the
/// release, the orders are found as any whose message is lost.
package struct ReleaseLegs: Sendable {
    let store: any BasketStore
    let queue: any OrderQueue
    let clock: any WallClock
    /// Orders that are let go at once.
    private static let limit = 1_000

    package init(store: any BasketStore, queue: any OrderQueue, clock: any WallClock) {
        self.store = store
        self.queue = queue
        self.clock = clock
    }

    /// Does it once.
    ///
    /// - Returns: how many orders were let go.
    package func callAsFunction() async throws(StoreFailure) -> Int {
        let jobs = try await store.releaseLegs(limit: Self.limit)
        if !jobs.isEmpty {
            Failpoint.releaseBeforePublish.pass()
            _ = await queue.publish(jobs.map { .order($0, small: true) })
            Failpoint.releaseAfterPublish.pass()
        }
        return jobs.count
    }

    /// Does it every `interval`, until cancelled; `report` hears of what goes wrong.
    package func run(every interval: Duration, report: @Sendable (any Error) -> Void) async {
        while !Task.isCancelled {
            let began = clock.now()
            do {
                while try await self() >= Self.limit {}
            } catch {
                report(error)
            }
            let took = began.duration(to: clock.now())
            try? await clock.sleep(for: FairRest.after(took, atLeast: interval))
        }
    }
}
