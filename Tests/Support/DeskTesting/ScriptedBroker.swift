package import Desk
import Synchronization
package import Trading

/// A broker that answers as the test says, and remembers every placement.
package final class ScriptedBroker: Broker {
    /// What the broker says; each may be replaced at any time.
    package struct Script: Sendable {
        package var place: @Sendable (Attempt) async -> PlacementAnswer = {
            .accepted(brokerOrderID: "B" + $0.reference)
        }
        package var find: @Sendable (Doubt) throws(BrokerFailure) -> OrderReport? = { _ in nil }
        package var orders: @Sendable (BrokerSession) throws(BrokerFailure) -> [OrderReport] = {
            _ in []
        }
        package var trades: @Sendable (BrokerSession) throws(BrokerFailure) -> [TradeReport] = {
            _ in []
        }
        package var holdings: @Sendable (BrokerSession) throws(BrokerFailure) -> [BrokerHolding] = {
            _ in []
        }
        package var positions: @Sendable (BrokerSession) throws(BrokerFailure) -> [BrokerPosition] =
            { _ in [] }
        package var look:
            @Sendable (LiveOrder) async throws(BrokerFailure) -> (OrderReport, [TradeReport]) = {
                _ async throws(BrokerFailure) in
                throw .unreachable("nothing is scripted")
            }
        package var cancel: @Sendable (LiveOrder) async throws(BrokerFailure) -> Void = {
            _ async throws(BrokerFailure) in
            throw .refused(code: "unscripted", words: "")
        }
        package var modify: @Sendable (LiveOrder, OrderShape) async -> ModificationAnswer = {
            _,
            _ in
            .taken
        }
        package var quotes:
            @Sendable ([BrokerInstrument], BrokerSession) async throws(BrokerFailure)
                -> [InstrumentID: Price] = { _, _ in [:] }
        package var services = BrokerServices()
        package var check: @Sendable (BrokerSession) throws(BrokerFailure) -> SessionCheck = { _ in
            SessionCheck(ends: nil)
        }
    }

    package let traits: BrokerTraits
    private let script = Mutex(Script())
    private let placed = Mutex<[Attempt]>([])
    private let asked = Mutex<[LiveOrder]>([])
    private let wished = Mutex<[OrderShape]>([])

    package init(
        _ name: BrokerName = .dhan,
        findsByReference: Bool = true,
        historyNamesOrders: Bool = false,
        visibilityLag: Duration = .seconds(10)
    ) {
        traits = BrokerTraits(
            name: name,
            referenceLength: 20,
            refusesDuplicates: false,
            refusals: [],
            lookUps: findsByReference ? [.reference, .orderBook] : [.orderBook],
            visibilityLag: visibilityLag,
            abilities: [.cancel, .quotes, .sessionCheck],
            modifications: ModificationRules(mostPerOrder: 25),
            orderLimits: [RateLimit(calls: 10, seconds: 1)],
            readLimits: [],
            quoteLimits: [RateLimit(calls: 3, seconds: 1)],
            historyNamesOrders: historyNamesOrders
        )
    }

    /// Changes what the broker says.
    package func set(_ change: (inout Script) -> Void) {
        var changed = script.withLock { $0 }
        change(&changed)
        let new = changed
        script.withLock { $0 = new }
    }

    /// Every attempt that was sent here, in order.
    package var placements: [Attempt] { placed.withLock { $0 } }

    package func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        placed.withLock { $0.append(attempt) }
        return await script.withLock { $0 }.place(attempt)
    }

    package func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? {
        try script.withLock { $0 }.find(doubt)
    }

    package func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        try script.withLock { $0 }.orders(session)
    }

    package func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        try script.withLock { $0 }.trades(session)
    }

    package func look(_ order: LiveOrder) async throws(BrokerFailure)
        -> (OrderReport, [TradeReport])
    {
        try await script.withLock { $0 }.look(order)
    }

    /// Every order whose cancel was asked for here, in order.
    package var cancels: [LiveOrder] { asked.withLock { $0 } }

    package func cancel(_ order: LiveOrder) async throws(BrokerFailure) {
        asked.withLock { $0.append(order) }
        try await script.withLock { $0 }.cancel(order)
    }

    /// Every shape that was asked for here, in order.
    package var modifications: [OrderShape] { wished.withLock { $0 } }

    package func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        wished.withLock { $0.append(shape) }
        return await script.withLock { $0 }.modify(order, shape)
    }

    package func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        try await script.withLock { $0 }.quotes(instruments, session)
    }

    package func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] {
        try script.withLock { $0 }.holdings(session)
    }

    package func positions(_ session: BrokerSession) async throws(BrokerFailure)
        -> [BrokerPosition]
    {
        try script.withLock { $0 }.positions(session)
    }

    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        BrokerFunds(available: .zero, utilised: .zero)
    }

    package var services: BrokerServices { script.withLock { $0 }.services }

    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        try script.withLock { $0 }.check(session)
    }
}
