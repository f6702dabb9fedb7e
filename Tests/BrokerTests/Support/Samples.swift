import Desk
import Trading

/// Values that many tests need, with what a test is about given and the rest made up.
enum Sample {
    static let client = "1000000001"
    static let token = "TESTTOKEN"
    /// How the broker under test names RELIANCE; a conformance test binds it to that broker's way.
    @TaskLocal static var listing = dhanListing

    /// RELIANCE, as the sandbox lists it.
    static let instrument = Instrument(
        id: InstrumentID(1),
        exchange: .nse,
        symbol: "RELIANCE",
        name: "Reliance Industries",
        isin: "INE002A01018",
        lot: Quantity(1),
        tick: Price(raw: 1_000),
        freezeQuantity: nil,
        lowerCircuit: nil,
        upperCircuit: nil
    )

    static let dhanListing = BrokerInstrument(
        instrument: instrument.id,
        segment: "NSE_EQ",
        code: "2885"
    )

    static func session(
        client: String = Sample.client,
        token: String = Sample.token,
        egress: String? = nil,
        instrument: BrokerInstrument? = listing
    ) -> BrokerSession {
        BrokerSession(
            account: AccountID(9),
            brokerClientID: client,
            token: Secret(token),
            egress: egress,
            instrument: instrument
        )
    }

    /// A limit order where a price is given, a stop order where a trigger is.
    static func terms(
        _ side: Side = .buy,
        price: String? = nil,
        trigger: String? = nil,
        product: Product = .delivery,
        validity: Validity = .day
    ) -> OrderTerms {
        let type: OrderType =
            switch (price, trigger) {
            case (nil, nil): .market
            case (_?, nil): .limit
            case (_?, _?): .stopLimit
            case (nil, _?): .stopMarket
            }
        return OrderTerms(
            instrument: instrument,
            side: side,
            type: type,
            product: product,
            validity: validity,
            price: price.flatMap { Price(rupees: $0) },
            trigger: trigger.flatMap { Price(rupees: $0) }
        )
    }

    static func attempt(
        _ reference: String = "VTST0000000000000101",
        terms: OrderTerms = terms(),
        quantity: Int64 = 5,
        session: BrokerSession = session()
    ) -> Attempt {
        Attempt(
            job: job,
            number: 1,
            reference: reference,
            fence: 1,
            terms: terms,
            quantity: Quantity(quantity),
            sizingPrice: Price(raw: 29_500_000),
            session: session,
            owner: OrderOwner(trader: TraderID(1), client: ClientID(1))
        )
    }

    /// What is known of an attempt's order once the broker has taken it.
    static func live(
        _ attempt: Attempt,
        _ brokerOrderID: String,
        filled: Quantity = .zero,
        isCancelAsked: Bool = false
    ) -> LiveOrder {
        LiveOrder(
            job: job,
            brokerOrderID: brokerOrderID,
            reference: attempt.reference,
            terms: attempt.terms,
            quantity: attempt.quantity,
            filled: filled,
            sizingPrice: attempt.sizingPrice,
            session: attempt.session,
            isCancelAsked: isCancelAsked
        )
    }

    /// What is known of an attempt whose answer was lost.
    static func doubt(_ attempt: Attempt) -> Doubt {
        Doubt(
            job: job,
            attempt: attempt.number,
            reference: attempt.reference,
            sentAt: Timestamp(microseconds: 0),
            brokerWords: nil,
            looks: 0,
            absences: 0,
            terms: attempt.terms,
            quantity: attempt.quantity,
            sizingPrice: attempt.sizingPrice,
            session: attempt.session
        )
    }

    private static let job = OrderJob(
        intent: IntentID(1),
        task: TaskID(1),
        broker: .dhan,
        account: AccountID(9)
    )
}

extension Broker {
    /// Places with a deadline that nobody misses.
    func place(_ attempt: Attempt) async -> PlacementAnswer {
        await place(attempt, sendBefore: .now + .seconds(300))
    }
}

extension PlacementAnswer {
    /// The broker's id of the order; nil where it was not accepted.
    var brokerOrderID: String? {
        if case .accepted(let id) = self { id } else { nil }
    }

    var isUnanswered: Bool {
        switch self {
        case .unanswered, .claimed: true
        case .accepted, .refused, .notSent, .withheld: false
        }
    }

    var isNotSent: Bool {
        if case .notSent = self { true } else { false }
    }
}
