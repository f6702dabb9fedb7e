import Desk
import DeskTesting
import Testing
import Trading

/// What tests of cancels need of the world.
extension DeskWorld {
    var submitCancel: SubmitCancel {
        SubmitCancel(store: store, queue: queue, complete: complete)
    }

    func sweep() -> SweepOrders {
        SweepOrders(
            store: store,
            trades: store,
            queue: queue,
            backlog: queue,
            complete: complete,
            clock: clock
        )
    }

    func resolve() -> ResolveDoubts {
        ResolveDoubts(
            store: store,
            catalog: TradeCatalog(store: store),
            queue: queue,
            brokers: brokers,
            complete: complete,
            schedule: DoubtSchedule(),
            market: .always,
            clock: clock
        )
    }

    func client(_ job: OrderJob) -> ClientID {
        store.intent(job.intent)?.client ?? ClientID(0)
    }

    func cancelRequest(_ scope: CancelScope, key: String, trader: TraderID? = nil)
        -> CancelRequest
    {
        CancelRequest(
            trader: trader ?? self.trader,
            user: UserID(1),
            idempotencyKey: key,
            bodyHash: Array("\(scope)".utf8),
            scope: scope
        )
    }

    /// Asks for a cancel that must be new.
    func cancel(_ scope: CancelScope, key: String = "cancel") async throws -> (
        head: CancellationHead, orders: [OrderJob]
    ) {
        let asked = try await submitCancel(cancelRequest(scope, key: key))
        guard case .created(let head, let orders, _) = asked else { throw NotCreated() }
        return (head, orders)
    }

    /// Calls `body` with the execution of cancels, whose batchers run meanwhile.
    func cancelling<Result>(_ body: (ExecuteCancel) async throws -> Result) async throws -> Result {
        try await CancelLanes.running(
            store,
            brokers: brokers,
            pacer: pacer,
            clock: clock,
            body
        )
    }
}

extension LiveOrder {
    /// What a book says of the order.
    func saying(_ status: OrderReport.Status, filled: Int64 = 0) -> OrderReport {
        OrderReport(
            brokerOrderID: brokerOrderID,
            reference: reference,
            status: status,
            quantity: quantity,
            filled: Quantity(filled),
            message: nil
        )
    }

    /// A trade of so many shares, a rupee under the usual price.
    func trade(_ shares: Int64) -> TradeReport {
        TradeReport(
            brokerOrderID: brokerOrderID,
            tradeID: "T1",
            quantity: Quantity(shares),
            price: Price(raw: DeskWorld.price.raw - 10_000),
            at: ManualClock.morning
        )
    }
}

extension OrderReport {
    /// The order of a doubt, found open.
    init(of doubt: Doubt, _ brokerOrderID: String) {
        self.init(
            brokerOrderID: brokerOrderID,
            reference: doubt.reference,
            status: .open,
            quantity: doubt.quantity,
            filled: .zero,
            message: nil
        )
    }
}
