import Desk
import DeskTesting
import Testing
import Trading

/// What tests of changes need of the world.
extension DeskWorld {
    var submitModification: SubmitModification {
        SubmitModification(
            orders: store,
            trades: store,
            store: store,
            queue: queue,
            quotes: quotes,
            brokers: [dhan.traits],
            market: .always,
            clock: clock
        )
    }

    func modification(_ job: OrderJob, _ wish: WishedShape, key: String = "modify")
        -> ModificationRequest
    {
        ModificationRequest(
            trader: trader,
            user: UserID(1),
            idempotencyKey: key,
            bodyHash: Array("\(wish)".utf8),
            order: job.intent,
            wish: wish
        )
    }

    /// Asks for a change that must be new.
    func modify(_ job: OrderJob, _ wish: WishedShape) async throws -> Modification {
        let asked = try await submitModification(modification(job, wish))
        guard case .created(let change, _) = asked else { throw NotCreated() }
        return change
    }

    /// Calls `body` with the execution of changes, whose batchers run meanwhile.
    func modifying<Result>(
        halts: HaltWatch? = nil,
        _ body: (ExecuteModification) async throws -> Result
    ) async throws -> Result {
        try await ModificationLanes.running(
            store,
            brokers: brokers,
            pacer: pacer,
            clock: clock,
            halts: halts,
            body
        )
    }

    func funds(_ job: OrderJob) throws -> Funds {
        try #require(store.funds(of: client(job)))
    }

    func state(_ change: Modification) async throws -> ModificationState? {
        try await store.modification(change.id)?.state
    }

    /// Lets the broker's books say this of every order.
    func books(_ say: @escaping @Sendable (LiveOrder) -> (OrderReport, [TradeReport])) {
        dhan.set { $0.look = { order async throws(BrokerFailure) in say(order) } }
    }
}

extension LiveOrder {
    /// What a book says of the order in this shape, nothing of it filled.
    func showing(_ shape: OrderShape) -> (OrderReport, [TradeReport]) {
        let report = OrderReport(
            brokerOrderID: brokerOrderID,
            reference: reference,
            status: .open,
            quantity: shape.quantity,
            filled: .zero,
            message: nil,
            reported: ReportedShape(
                type: shape.type,
                price: shape.price,
                trigger: shape.trigger
            )
        )
        return (report, [])
    }
}
