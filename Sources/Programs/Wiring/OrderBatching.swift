import Desk
import PostgresStore
import RedisCache
import Trading

/// The places where orders of a worker travel together: pace, claim, record, cancels, and what the
/// books say.
struct OrderBatching: Sendable {
    let pace: Batcher<PaceRequest, PaceAnswer>
    let claim: Batcher<OrderJob, Claim>
    let record: Batcher<AttemptOutcome, Bool>
    let readToCancel: Batcher<IntentID, LiveOrder?>
    let recordCancel: Batcher<CancelOutcome, Void>
    let changes: ModificationBatching
    /// What the looks of several messages found, booked together.
    let book: Batcher<[BookedOrder], Void>
    let pacer: RedisPacer
    let halts: HaltWatch
    let complete: CompleteTrades
    let catalog: TradeCatalog
    let limits: ExecutionLimits

    /// Orders in one transaction at most: large enough to share its cost, small enough to stay short.
    private static let limit = 256

    init(_ connections: Connections, _ set: BrokerSet, roster: any WorkerRoster) {
        let pacer = RedisPacer(
            redis: connections.redis,
            prefix: connections.settings.prefix,
            roster: roster,
            now: { [clock = connections.clock] in clock.now() }
        )
        self.pacer = pacer
        halts = HaltWatch(clock: connections.clock) { [watched = connections.haltAccounts] in
            Halts(try await watched.halts().map(\.scope))
        }
        limits = ExecutionLimits(lease: connections.settings.lease)
        complete = CompleteTrades(store: connections.trades, board: connections.board)
        catalog = TradeCatalog(store: connections.trades)
        let claims = ClaimOrders(
            store: connections.orders,
            catalog: catalog,
            quotes: set.quotes,
            market: connections.settings.market,
            clock: connections.clock,
            lease: Lease(worker: WorkerName.make(), duration: limits.lease),
            priceAge: connections.settings.quoteAge,
            queue: connections.queue
        )
        let records = RecordOutcomes(
            store: connections.orders,
            accounts: connections.accounts,
            complete: complete
        )
        pace = Batcher(limit: 512, lanes: 1, expressLanes: 1) { await pacer.take($0) }
        claim = Batcher(limit: Self.limit, lanes: 1, expressLanes: 1) { try await claims($0) }
        record = Batcher(limit: Self.limit, lanes: 1, expressLanes: 1) { try await records($0) }
        let orders = connections.orders
        let cancels = RecordCancels(
            orders: orders,
            cancels: orders,
            complete: complete
        )
        readToCancel = Batcher(limit: Self.limit, lanes: 1) {
            try await orders.ordersToCancel($0)
        }
        recordCancel = Batcher(limit: Self.limit, lanes: 1) { outcomes in
            try await cancels(outcomes)
            return outcomes.map { _ in }
        }
        changes = ModificationBatching(connections, limits, limit: Self.limit)
        book = Batcher(limit: Self.limit / SweepOrders.looksPerMessage, lanes: 1) { looks in
            try await orders.apply(looks.flatMap(\.self))
            return looks.map { _ in }
        }
    }

    /// What must be running while orders are executed.
    var lanes: [@Sendable () async -> Void] {
        [
            { [pace] in await pace.run() }, { [claim] in await claim.run() },
            { [record] in await record.run() }, { [book] in await book.run() },
            { [readToCancel] in await readToCancel.run() },
            { [recordCancel] in await recordCancel.run() }, { [halts] in await halts.run() },
        ] + changes.lanes
    }
}
