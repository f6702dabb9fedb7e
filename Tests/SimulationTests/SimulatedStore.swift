import Desk
import DeskTesting
import Trading

/// One process's connection to the store: each call is one transaction, which may be slow, refused,
/// lost, or committed without the caller hearing of it.
///
/// A commit that is on its way when its process dies arrives or does not.
struct SimulatedStore: Sendable {
    let process: SimulatedProcess
    let tables: MemoryStore
    /// The database server's own thread, which goes on when the caller is told of a failure.
    let server: SimulatedProcess
    let bug: Bug?
    let sweepsForgotten: Bool

    private var kernel: Kernel { process.kernel }

    /// One transaction.
    func transact<Result: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable (MemoryStore) async throws(StoreFailure) -> Result
    ) async throws(StoreFailure) -> Result {
        guard !process.isDead else { throw .unavailable("died") }
        await pause()
        if process.isDead {
            // The kill came while the commit was on its way.
            guard kernel.below(2) == 0 else { throw .unavailable("died") }
            kernel.tell("\(process.name) dies, and its \(name) is committed")
            _ = try await body(tables)
            throw .unavailable("died")
        }
        if kernel.happens(.storeDown) {
            process.tell("\(name): store is down")
            throw .unavailable("no connection")
        }
        if kernel.happens(.commitLost) {
            process.tell("\(name): connection lost before the commit")
            throw .outcomeUnknown("connection lost")
        }
        if kernel.happens(.commitLate) {
            process.tell("\(name): connection lost, committed later")
            commitLater(body)
            throw .outcomeUnknown("connection lost")
        }
        let result = try await body(tables)
        if kernel.happens(.commitUnanswered) {
            process.tell("\(name): connection lost after the commit")
            throw .outcomeUnknown("connection lost")
        }
        await pause()
        guard !process.isDead else { throw .outcomeUnknown("died") }
        return result
    }

    private func pause() async {
        process.stumble()
        let slow = kernel.happens(.storeSlow)
        await process.pass(kernel.within(100...(slow ? 12 * Microseconds.second : 2_000)))
    }

    private func commitLater<Result: Sendable>(
        _ body: @escaping @Sendable (MemoryStore) async throws(StoreFailure) -> Result
    ) {
        let delay = kernel.within(Microseconds.millisecond...3 * Microseconds.second)
        Task(executorPreference: server) { [server, tables] in
            await server.pass(delay)
            _ = try? await body(tables)
        }
    }
}

extension SimulatedStore: OrderStore {
    func claim(_ requests: [ClaimRequest], lease: Lease) async throws(StoreFailure) -> [Claim] {
        if bug == .sendBeforeCommit {
            let claims = tables.previewClaim(requests, lease: lease)
            let `self` = self
            Task(executorPreference: process) {
                _ = try? await self.transact("claim") { store async throws(StoreFailure) in
                    try await store.claim(requests, lease: lease)
                }
            }
            return claims
        }
        let claims = try await transact("claim") { store async throws(StoreFailure) in
            try await store.claim(requests, lease: lease)
        }
        if bug == .slicedAgain { tables.repeatSlices(of: claims) }
        for (request, claim) in zip(requests, claims) {
            process.tell("claims order \(request.job.intent): \(claim.word)")
        }
        return claims
    }

    func record(_ outcomes: [AttemptOutcome]) async throws(StoreFailure) -> [Bool] {
        let kept = try await transact("record") { store async throws(StoreFailure) in
            try await store.record(outcomes)
        }
        for (outcome, isKept) in zip(outcomes, kept) {
            let word = if case .withheld = outcome.answer { " withheld" } else { "" }
            process.tell("records \(outcome.attempt.reference)\(isKept ? word : ": too late")")
        }
        return kept
    }

    func apply(_ reports: [BookedOrder]) async throws(StoreFailure) {
        let told = bug == .fillTwice ? reports.map { $0.renumbered(at: kernel.now) } : reports
        try await transact("apply") { store async throws(StoreFailure) in
            try await store.apply(told)
        }
        for booked in reports {
            process.tell(
                "books order \(booked.intent): \(booked.report.status), "
                    + "filled \(booked.report.filled), trades \(booked.trades.map(\.tradeID))"
            )
        }
    }

    func liveOrders(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder] {
        try await transact("liveOrders") { store async throws(StoreFailure) in
            try await store.liveOrders(intents)
        }
    }

    func endedOrders(_ intents: [IntentID]) async throws(StoreFailure) -> [LiveOrder] {
        try await transact("endedOrders") { store async throws(StoreFailure) in
            try await store.endedOrders(intents)
        }
    }

    func doubts(_ intents: [IntentID]) async throws(StoreFailure) -> [Doubt] {
        try await transact("doubts") { store async throws(StoreFailure) in
            try await store.doubts(intents)
        }
    }

    func resolve(_ findings: [DoubtFinding]) async throws(StoreFailure) {
        let told = bug == .unknownTimesOut ? findings.map(\.givenUpSoon) : findings
        try await transact("resolve") { store async throws(StoreFailure) in
            try await store.resolve(told)
        }
        for finding in told {
            process.tell("finds of \(finding.doubt.reference): \(finding.word)")
        }
    }

    func jobs(withReferences references: [String]) async throws(StoreFailure) -> [OrderJob] {
        try await transact("jobs") { store async throws(StoreFailure) in
            try await store.jobs(withReferences: references)
        }
    }

    func jobs(withNumbers numbers: [BrokerOrderNumber]) async throws(StoreFailure) -> [OrderJob] {
        try await transact("jobs") { store async throws(StoreFailure) in
            try await store.jobs(withNumbers: numbers)
        }
    }

    func due(_ kind: DueKind, limit: Int) async throws(StoreFailure) -> [OrderJob] {
        let jobs = try await transact("due") { store async throws(StoreFailure) in
            try await store.due(kind, limit: limit)
        }
        if bug == .cancelForgotten, kind == .cancel { return [] }
        let swept = kind == .forgotten && !sweepsForgotten ? jobs.filter(tables.needsSweep) : jobs
        if !jobs.isEmpty { process.tell("sweeps \(kind): \(swept.map(\.intent))") }
        return swept
    }
}

extension SimulatedStore: Outbox {
    func pending(olderThan age: Duration, limit: Int) async throws(StoreFailure) -> [OutboxRow] {
        try await transact("pending") { store async throws(StoreFailure) in
            try await store.pending(olderThan: age, limit: limit)
        }
    }

    func giveBack(_ rows: [Int64]) async throws(StoreFailure) {
        try await transact("giveBack") { store async throws(StoreFailure) in
            try await store.giveBack(rows)
        }
    }

    func delete(_ rows: [Int64]) async throws(StoreFailure) {
        try await transact("deleteRows") { store async throws(StoreFailure) in
            try await store.delete(rows)
        }
    }

    func delete(planOf task: TaskID) async throws(StoreFailure) {
        try await transact("deletePlan") { store async throws(StoreFailure) in
            try await store.delete(planOf: task)
        }
    }

    func bells() -> AsyncStream<Void> { AsyncStream { $0.finish() } }
}

extension SimulatedStore: TradeStore {
    func submit(_ order: Submission) async throws(StoreFailure) -> Submitted {
        let order =
            bug == .exitSoldAgain && order.isExit ? order.renamed(at: kernel.now) : order
        return try await transact("submit") { store async throws(StoreFailure) in
            try await store.submit(order)
        }
    }

    func trade(_ id: TaskID) async throws(StoreFailure) -> BulkTrade? {
        try await transact("trade") { store async throws(StoreFailure) in
            try await store.trade(id)
        }
    }

    func plan(_ id: TaskID, referencePrice: Price?, marketOpen: Bool) async throws(StoreFailure)
        -> [OrderJob]
    {
        let jobs = try await transact("plan") { store async throws(StoreFailure) in
            try await store.plan(id, referencePrice: referencePrice, marketOpen: marketOpen)
        }
        process.tell("plans trade \(id): \(jobs.map(\.intent))")
        return jobs
    }

    func markPublished(_ id: TaskID) async throws(StoreFailure) {
        try await transact("markPublished") { store async throws(StoreFailure) in
            try await store.markPublished(id)
        }
    }

    func refreshReference(_ id: TaskID, price: Price) async throws(StoreFailure) {
        try await transact("refreshReference") { store async throws(StoreFailure) in
            try await store.refreshReference(id, price: price)
        }
    }

    func complete(_ ids: [TaskID]) async throws(StoreFailure) -> [TaskID] {
        try await transact("complete") { store async throws(StoreFailure) in
            try await store.complete(ids)
        }
    }

    func unplanned(for age: Duration, limit: Int) async throws(StoreFailure) -> [TaskID] {
        try await transact("unplanned") { store async throws(StoreFailure) in
            try await store.unplanned(for: age, limit: limit)
        }
    }

    func unfinished(limit: Int) async throws(StoreFailure) -> [TaskID] {
        try await transact("unfinished") { store async throws(StoreFailure) in
            try await store.unfinished(limit: limit)
        }
    }

    func progress(_ id: TaskID) async throws(StoreFailure) -> TaskProgress? {
        try await tables.progress(id)
    }

    func results(_ id: TaskID, _ page: ResultPage) async throws(StoreFailure) -> [ClientResult] {
        try await tables.results(id, page)
    }

    func trades(of trader: TraderID?, before: TaskID?, limit: Int) async throws(StoreFailure)
        -> [BulkTrade]
    {
        try await tables.trades(of: trader, before: before, limit: limit)
    }
}

extension MemoryStore {
    /// Whether any attempt was made of an order, or it is a later slice, whose first message nobody
    /// publishes twice.
    fileprivate func needsSweep(_ job: OrderJob) -> Bool {
        storedOrders.contains { row in
            row.intent.id == job.intent && (row.attempts > 0 || row.intent.leg > 0)
        }
    }
}

extension Claim {
    fileprivate var word: String {
        switch self {
        case .send(let attempt):
            "send \(attempt.reference) x\(attempt.quantity)"
                + (attempt.slices.isEmpty ? "" : ", \(attempt.slices.count) slices later")
        case .declined(let reason): "declined, \(reason.rawValue)"
        case .inDoubt: "in doubt"
        case .settled: "settled"
        }
    }
}

extension DoubtFinding {
    fileprivate var word: String {
        switch result {
        case .found(let report): "order \(report.brokerOrderID)"
        case .absentProven(.resend): "absent, proven, to be sent anew"
        case .absentProven(.end): "absent, proven"
        case .stillUnknown: "nothing yet"
        }
    }
}
