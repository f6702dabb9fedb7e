import Desk
import Exchange
import Trading

/// The way from one process to the broker, and what may happen to an order on it.
///
/// A request that has left goes on, whatever becomes of the process that sent it.
struct SimulatedBroker: Broker {
    let process: SimulatedProcess
    let venue: Venue
    let clock: SimulatedClock
    let traits: BrokerTraits
    /// The exchange's number of each instrument that the broker lists, by the broker's code.
    var listing: [String: Int] = [:]
    /// Whether it tells of orders what was wished of them (`Bug.cancelGuessed`).
    var guesses = false
    /// Whether it takes a change for done of which it heard nothing (`Bug.changeGuessed`).
    var guessesChanges = false

    /// After this the adapter gives up waiting, as the real ones do.
    static let patience = 10 * Microseconds.second
    static let visibilityLag = 10 * Microseconds.second
    /// The latest that an order may show in the books after it left: what the horizon of the doubts
    /// must cover, less the time that passes between the claim and the send.
    static let greatestLag = 90 * Microseconds.second

    init(_ process: SimulatedProcess, _ venue: Venue, findsByReference: Bool) {
        self.process = process
        self.venue = venue
        clock = SimulatedClock(process: process)
        traits = BrokerTraits(
            name: .dhan,
            referenceLength: 20,
            refusesDuplicates: false,
            refusals: [],
            lookUps: findsByReference ? [.reference, .orderBook] : [.orderBook],
            visibilityLag: .microseconds(Self.visibilityLag),
            abilities: [.cancel, .quotes],
            modifications: ModificationRules(mostPerOrder: Exchange.greatestModifications),
            orderLimits: [RateLimit(calls: 10, seconds: 1)],
            readLimits: []
        )
    }

    private var kernel: Kernel { process.kernel }

    func place(_ attempt: Attempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer
    {
        guard !process.isDead, clock.monotonicNow() < deadline else { return .notSent("too late") }
        if let obstacle = attempt.brake?.obstacle() { return .notSent(obstacle) }
        let fate = Fate(chosenBy: kernel)
        process.tell("sends \(attempt.reference): \(fate)")
        if let booking = fate.booking {
            let wish = attempt.wish(booking, listing, sentAt: kernel.now)
            venue.expect()
            kernel.after(booking.delay) { [kernel, venue] in
                let number = venue.book(wish)
                kernel.tell("broker books \(wish.reference) as \(number)")
                fate.slip.write("\(number)")
            }
        }
        process.stumble()
        await process.pass(fate.answerAfter)
        // A process that died here knows nothing of this answer.
        guard !process.isDead else { return .unanswered(cause: "died", words: nil) }
        let answer = fate.answer()
        process.tell("hears of \(attempt.reference): \(answer)")
        return answer
    }

    func find(_ doubt: Doubt) async throws(BrokerFailure) -> OrderReport? {
        let client = doubt.session.brokerClientID
        return try await read {
            $0.show(client: client).last { $0.reference == doubt.reference }?.report
        }
    }

    func orders(_ session: BrokerSession) async throws(BrokerFailure) -> [OrderReport] {
        let book = try await read { $0.show(client: session.brokerClientID) }
        return book.map { $0.report }
    }

    func trades(_ session: BrokerSession) async throws(BrokerFailure) -> [TradeReport] {
        let book = try await read { $0.show(client: session.brokerClientID) }
        return book.flatMap { $0.trades(lag: false) }
    }

    func look(_ order: LiveOrder) async throws(BrokerFailure) -> (OrderReport, [TradeReport]) {
        guard let number = Int(order.brokerOrderID) else {
            throw .refused(code: "400", words: "no such order")
        }
        let lags = kernel.happens(.tradesLag)
        guard let entry = try await read({ $0.show(number) }) else {
            throw .refused(code: "404", words: "no such order")
        }
        let report = guesses && order.isCancelAsked ? entry.report.guessedCancelled : entry.report
        return (report, entry.trades(lag: lags))
    }

    /// One read: sees the books at one moment, and answers at a later one.
    private func read<Result: Sendable>(_ body: (Venue) -> Result) async throws(BrokerFailure)
        -> Result
    {
        await process.pass(kernel.within(Microseconds.millisecond...100 * Microseconds.millisecond))
        if process.isDead || kernel.happens(.readFails) { throw .unreachable("no answer") }
        let result = body(venue)
        if kernel.happens(.readSlow) { await process.pass(kernel.below(Self.patience)) }
        if process.isDead { throw .unreachable("died") }
        return result
    }

    func modify(
        _ order: LiveOrder,
        to shape: OrderShape,
        sendBefore deadline: ContinuousClock.Instant
    ) async -> ModificationAnswer {
        guard !process.isDead, clock.monotonicNow() < deadline,
            let number = Int(order.brokerOrderID)
        else { return .notSent("too late") }
        if let obstacle = order.brake?.obstacle() { return .notSent(obstacle) }
        let wish = Venue.Change(
            number: number,
            quantity: shape.quantity.raw,
            price: shape.price?.raw,
            sentAt: kernel.now
        )
        let (fate, word) = await call("change \(order.reference)", latest: Self.greatestLag) {
            [venue] in venue.change(wish) ? "changed" : "refused"
        }
        return switch (fate, word) {
        case (.noConnection, _): .notSent("connection refused")
        case (.tooManyCalls, _): .unanswered(cause: BrokerLimit.cause, words: "slow down")
        case (.heard, "changed"): .taken
        case (.heard, "refused"): .refused(.brokerRefused, words: "the order is not open")
        default: guessesChanges ? .done : .unanswered(cause: "timeout", words: nil)
        }
    }

    func cancel(_ order: LiveOrder) async throws(BrokerFailure) {
        guard !process.isDead, let number = Int(order.brokerOrderID) else {
            throw .unreachable("died")
        }
        let (fate, word) = await call("cancel \(order.reference)", latest: 3 * Self.patience) {
            [venue] in venue.cancel(number) ? "cancelled" : "refused"
        }
        switch (fate, word) {
        case (.tooManyCalls, _): throw .limited(retryAfter: .seconds(1))
        case (.heard, "cancelled"): return
        case (.heard, "refused"): throw .refused(code: "DH-906", words: "the order is not open")
        default: throw .unreachable("timeout")
        }
    }

    /// One call that changes an order: what becomes of it on its way, and the broker's word where it
    /// was heard in time.
    private func call(
        _ what: String,
        latest: Int64,
        _ hear: @escaping @Sendable () -> String
    ) async -> (CallFate, word: String?) {
        let quick = kernel.within(2 * Microseconds.millisecond...200 * Microseconds.millisecond)
        let fate = CallFate(chosenBy: kernel)
        process.tell("asks to \(what): \(fate)")
        let slip = Fate.Slip()
        if fate.isHeard {
            // A request that has left goes on, whatever becomes of who sent it.
            venue.expect()
            kernel.after(fate == .late ? kernel.below(latest) : quick / 2) { [kernel] in
                let word = hear()
                kernel.tell("broker is asked to \(what): \(word)")
                slip.write(word)
            }
        }
        process.stumble()
        await process.pass(fate.isAnswered ? quick : Self.patience)
        return process.isDead ? (.requestLost, nil) : (fate, slip.text)
    }

    /// What becomes of a call that changes an order.
    private enum CallFate {
        case heard, noConnection, tooManyCalls, requestLost, answerLost, late

        init(chosenBy kernel: Kernel) {
            let faults: [(Weather.Fault, CallFate)] = [
                (.connectFails, .noConnection), (.tooManyCalls, .tooManyCalls),
                (.requestLost, .requestLost), (.answerLost, .answerLost), (.brokerSlow, .late),
            ]
            self = faults.first { kernel.happens($0.0) }?.1 ?? .heard
        }

        var isHeard: Bool { self == .heard || self == .answerLost || self == .late }
        var isAnswered: Bool { self == .heard || self == .noConnection || self == .tooManyCalls }
    }

    func quotes(_ instruments: [BrokerInstrument], _ session: BrokerSession)
        async throws(BrokerFailure) -> [InstrumentID: Price]
    {
        [:]
    }
    func holdings(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerHolding] { [] }
    func positions(_ session: BrokerSession) async throws(BrokerFailure) -> [BrokerPosition] { [] }
    func funds(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerFunds {
        throw .unreachable("unused")
    }
    func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        SessionCheck(ends: nil)
    }
}

extension Attempt {
    /// The order as it goes over the wire.
    fileprivate func wish(_ booking: Fate.Booking, _ listing: [String: Int], sentAt: Int64)
        -> Venue.Wish
    {
        Venue.Wish(
            client: session.brokerClientID,
            reference: reference,
            instrument: session.instrument.flatMap { listing[$0.code] } ?? 0,
            isSale: terms.side == .sell,
            quantity: quantity.raw,
            price: terms.price?.raw,
            sentAt: sentAt,
            isDoomed: booking.isDoomed,
            hiddenFor: booking.hiddenFor
        )
    }
}

extension Venue.Entry {
    var report: OrderReport {
        let status: OrderReport.Status =
            switch self.status {
            case .transit: .inTransit
            case .open: .open
            case .partTraded: .partlyFilled
            case .traded: .filled
            case .rejected: .rejected
            case .cancelled: .cancelled
            case .expired: .expired
            }
        return OrderReport(
            brokerOrderID: "\(number)",
            reference: reference,
            status: status,
            quantity: Quantity(quantity),
            filled: Quantity(filled),
            message: nil,
            reported: ReportedShape(
                type: price == nil ? .market : .limit,
                price: price.map { Price(raw: $0) },
                trigger: nil
            )
        )
    }

    /// The trades; without the last ones where they lag behind.
    func trades(lag: Bool) -> [TradeReport] {
        (lag ? deals.dropLast() : deals[...]).map { deal in
            TradeReport(
                brokerOrderID: "\(number)",
                tradeID: "T\(deal.number)",
                quantity: Quantity(deal.quantity),
                price: Price(raw: deal.price),
                at: Timestamp(microseconds: deal.at)
            )
        }
    }
}
