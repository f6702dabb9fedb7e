package import Desk
import Synchronization
package import Trading

/// A broker with conditional orders that keeps what it is sent, and loses answers as a test says.
package final class ScriptedConditionals: Broker, ConditionalOrders {
    /// What becomes of one placement.
    package enum Fate: Sendable {
        case accept
        /// Booked, and the answer lost.
        case loseAnswer
        /// Lost on its way, and nobody knows.
        case loseOrder
        case refuse
        case notSent
    }

    private struct State {
        var fates: [Fate] = []
        var placed: [ConditionalAttempt] = []
        var orders: [ConditionalReport] = []
        var cancels = 0
        var changes: [ConditionalTerms] = []
        var refusesCancels = false
        var refusesChanges = false
        var failure: BrokerFailure?
        var book: [OrderReport] = []
        var past: [PastTrade] = []
    }

    package let traits: BrokerTraits
    package let conditionalTraits: ConditionalTraits
    private let state = Mutex(State())
    private let clock: any WallClock
    private let inner = ScriptedBroker()

    package init(
        _ name: BrokerName = .dhan,
        kinds: Set<ConditionalKind> = Set(ConditionalKind.allCases),
        showsReferences: Bool = false,
        listsEnded: Bool = true,
        namesOrders: Bool = false,
        historyNamesOrders: Bool = false,
        clock: any WallClock
    ) {
        self.clock = clock
        let kind = ConditionalTraits.Kind(
            products: Set(Product.allCases),
            limits: .allowed,
            showsReferences: showsReferences,
            listsEnded: listsEnded,
            namesOrders: namesOrders
        )
        conditionalTraits = ConditionalTraits(
            kinds: Dictionary(uniqueKeysWithValues: kinds.map { ($0, kind) }),
            refusals: [],
            visibilityLag: .seconds(10)
        )
        traits = BrokerTraits(
            name: name,
            referenceLength: 20,
            refusesDuplicates: false,
            refusals: [],
            lookUps: [.orderBook],
            visibilityLag: .seconds(10),
            abilities: [.cancel],
            orderLimits: [RateLimit(calls: 10, seconds: 1)],
            readLimits: [],
            conditional: conditionalTraits,
            historyNamesOrders: historyNamesOrders
        )
    }

    /// What becomes of the next placements; after them all are accepted.
    package func script(_ fates: Fate...) { state.withLock { $0.fates = fates } }

    /// Every attempt that was sent.
    package var placed: [ConditionalAttempt] { state.withLock(\.placed) }
    /// What the broker has.
    package var orders: [ConditionalReport] { state.withLock(\.orders) }
    package var cancels: Int { state.withLock(\.cancels) }
    package var changes: [ConditionalTerms] { state.withLock(\.changes) }

    /// Lets the broker refuse to cancel or to change.
    package func refuse(cancels: Bool = false, changes: Bool = false) {
        state.withLock { ($0.refusesCancels, $0.refusesChanges) = (cancels, changes) }
    }

    /// Lets every read fail; nil: no more.
    package func fail(_ failure: BrokerFailure?) { state.withLock { $0.failure = failure } }

    /// Puts one there that somebody else placed.
    package func add(_ report: ConditionalReport) { state.withLock { $0.orders.append(report) } }

    /// What the account's order book has.
    package func list(_ book: OrderReport...) { state.withLock { $0.book = book } }

    /// Moves all that the broker has to a status.
    package func move(
        to status: ConditionalReport.Status,
        orders: [String] = [],
        firedAt: Timestamp? = nil,
        hasFilled: Bool = false
    ) {
        state.withLock { state in
            state.orders = state.orders.map {
                $0.with(status, orders: orders, firedAt: firedAt, hasFilled: hasFilled)
            }
        }
    }

    /// What the list of past trades has, where it names orders.
    package func tellPast(_ trades: PastTrade...) { state.withLock { $0.past = trades } }

    package func place(
        _ attempt: ConditionalAttempt,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> PlacementAnswer {
        let now = clock.now()
        return state.withLock { state in
            let fate = state.fates.isEmpty ? .accept : state.fates.removeFirst()
            if case .notSent = fate { return .notSent("scripted") }
            state.placed.append(attempt)
            if case .refuse = fate { return .refused(.brokerRefused, words: "no") }
            if case .loseOrder = fate { return .unanswered(cause: "timeout", words: nil) }
            let id = "C\(state.orders.count + 1)"
            state.orders.append(
                ConditionalReport(
                    brokerID: id,
                    reference: conditionalTraits.kinds[attempt.terms.kind]?.showsReferences == true
                        ? attempt.reference : nil,
                    status: .waiting,
                    content: attempt.terms.content(code: attempt.session.instrument?.code ?? ""),
                    createdAt: now,
                    orders: [],
                    message: nil
                )
            )
            if case .loseAnswer = fate { return .unanswered(cause: "timeout", words: nil) }
            return .accepted(brokerOrderID: id)
        }
    }

    package func conditionalOrders(like order: ConditionalAttempt) async throws(BrokerFailure)
        -> [ConditionalReport]
    {
        if let failure = state.withLock(\.failure) { throw failure }
        return orders
    }

    package func look(_ order: LiveConditional) async throws(BrokerFailure) -> ConditionalReport {
        if let failure = state.withLock(\.failure) { throw failure }
        guard let found = orders.first(where: { $0.brokerID == order.brokerID }) else {
            throw .unreachable("not there")
        }
        return found
    }

    package func modify(_ order: LiveConditional, to terms: ConditionalTerms)
        async throws(BrokerFailure)
    {
        let isRefused = state.withLock { state in
            if !state.refusesChanges { state.changes.append(terms) }
            return state.refusesChanges
        }
        if isRefused { throw .refused(code: "no", words: "no change") }
    }

    package func cancel(_ order: LiveConditional) async throws(BrokerFailure) {
        let isRefused = state.withLock { state in
            state.cancels += 1
            guard !state.refusesCancels else { return true }
            state.orders = state.orders.map {
                $0.brokerID == order.brokerID ? $0.with(.cancelled) : $0
            }
            return false
        }
        if isRefused { throw .refused(code: "no", words: "no cancel") }
    }

    // MARK: What this broker is not about

    package func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        await inner.place(attempt, sendBefore: deadline)
    }
    package var services: BrokerServices {
        var services = inner.services
        if traits.historyNamesOrders { services.tradeHistory = self }
        return services
    }
    package func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        await inner.modify(order, to: shape, sendBefore: deadline)
    }
    package func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? { nil }
    package func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        if let failure = state.withLock(\.failure) { throw failure }
        return state.withLock(\.book)
    }
    package func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        []
    }
    package func look(_ order: LiveOrder) async throws(BrokerFailure) -> (
        OrderReport, [TradeReport]
    ) {
        try await inner.look(order)
    }
    package func cancel(_ order: LiveOrder) async throws(BrokerFailure) {
        try await inner.cancel(order)
    }
    package func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    { [:] }
    package func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] {
        []
    }
    package func positions(_ session: BrokerSession) async throws(BrokerFailure)
        -> [BrokerPosition]
    { [] }
    package func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        BrokerFunds(available: .zero, utilised: .zero)
    }
    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        SessionCheck(ends: nil)
    }
}

extension ConditionalReport {
    fileprivate func with(
        _ status: Status,
        orders: [String] = [],
        firedAt: Timestamp? = nil,
        hasFilled: Bool = false
    ) -> ConditionalReport {
        ConditionalReport(
            brokerID: brokerID,
            reference: reference,
            status: status,
            content: content,
            createdAt: createdAt,
            orders: self.orders + orders,
            message: message,
            firedAt: firedAt,
            hasFilled: hasFilled
        )
    }
}

extension ScriptedConditionals: TradeStatementSource {
    /// One trade a page.
    package func pastTrades(
        _ days: ClosedRange<CalendarDay>,
        page: Int,
        _ session: BrokerSession
    ) async throws(BrokerFailure) -> PastTrades {
        let past = state.withLock(\.past).filter { trade in
            trade.orderedAt.map { days.contains(CalendarDay(containing: $0)) } ?? true
        }
        return PastTrades(
            trades: past.indices.contains(page) ? [past[page]] : [],
            hasMore: page + 1 < past.count
        )
    }
}
