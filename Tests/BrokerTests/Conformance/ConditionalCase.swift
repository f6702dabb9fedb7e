import Desk
import Testing
import Trading

/// One kind of conditional order at one broker that declares it.
struct ConditionalCase: Sendable, CustomTestStringConvertible {
    let broker: BrokerUnderTest
    let kind: ConditionalKind
    let product: Product
    let declared: ConditionalTraits.Kind

    static let all: [ConditionalCase] = BrokerUnderTest.outside.flatMap { broker in
        ConditionalKind.allCases.flatMap { kind -> [ConditionalCase] in
            guard let declared = broker.declared.conditional?.kinds[kind] else { return [] }
            return [Product.delivery, .intraday].filter(declared.products.contains).map {
                ConditionalCase(broker: broker, kind: kind, product: $0, declared: declared)
            }
        }
    }

    var testDescription: String { "\(broker.rawValue) \(kind.rawValue) \(product.rawValue)" }

    /// RELIANCE is at ₹ 2,950: nothing of this is reached yet.
    func terms(quantity: Int64 = 5, moved: Bool = false) -> ConditionalTerms {
        func leg(_ rupees: Int64) -> TriggeredLeg {
            let price = Price(raw: rupees * 10_000)
            return TriggeredLeg(trigger: price, price: declared.limits == .none ? nil : price)
        }
        let condition: Condition =
            switch kind {
            case .single: .single(.falls, leg(moved ? 2_890 : 2_900))
            case .oneCancelsOther:
                .oneCancelsOther(target: leg(moved ? 3_010 : 3_000), stop: leg(2_900))
            case .bracket:
                .bracket(
                    entry: Price(raw: 2_940 * 10_000),
                    target: leg(moved ? 3_010 : 3_000),
                    stop: leg(2_900),
                    trail: nil
                )
            }
        return ConditionalTerms(
            instrument: Sample.instrument,
            side: kind == .oneCancelsOther ? .sell : .buy,
            product: product,
            quantity: Quantity(quantity),
            condition: condition
        )
    }

    func attempt(
        _ floor: BrokerFloor<any ConditionalOrders & Broker>,
        reference: String = "VTST0000000000000101",
        quantity: Int64 = 5,
        token: String = Sample.token
    ) -> ConditionalAttempt {
        ConditionalAttempt(
            id: ConditionalID(1),
            reference: reference,
            fence: 1,
            startedAt: Timestamp(microseconds: floor.clock.microseconds),
            broker: broker.declared.name,
            terms: terms(quantity: quantity),
            session: Sample.session(token: token)
        )
    }

    /// How the broker's list would show it.
    func search(_ attempt: ConditionalAttempt) -> ConditionalSearch {
        ConditionalSearch(
            reference: attempt.reference,
            content: attempt.terms.content(code: Sample.listing.code),
            sentAt: attempt.startedAt,
            showsReferences: declared.showsReferences
        )
    }

    /// Runs a test at the broker's face; where an exit needs a position, there is one.
    func visit(
        _ body: (BrokerFloor<any ConditionalOrders & Broker>) async throws -> Void
    ) async throws {
        let listing = BrokerInstrument(
            instrument: Sample.instrument.id,
            segment: broker.listing.segment,
            code: broker.listing.code
        )
        try await Sample.$listing.withValue(listing) {
            try await BrokerFloor<any ConditionalOrders & Broker>.visit(
                account:
                    #"{"client_id":"1000000001","token":"TESTTOKEN","face":"\#(broker.rawValue)"}"#,
                limits: false,
                make: { root, client in
                    let adapter = broker.adapter(root, client, timeout: .seconds(60))
                    guard let adapter = adapter as? any ConditionalOrders & Broker else {
                        preconditionFailure("the broker declares conditional orders")
                    }
                    return adapter
                },
                { floor in
                    if kind == .oneCancelsOther {
                        let bought = Sample.attempt(
                            terms: Sample.terms(product: product)
                        )
                        let answer = await floor.broker.place(bought)
                        try #require(answer.brokerOrderID != nil, "\(answer)")
                    }
                    try await body(floor)
                }
            )
        }
    }
}

extension ConditionalOrders {
    /// Places with a deadline that nobody misses.
    func place(_ attempt: ConditionalAttempt) async -> PlacementAnswer {
        await place(attempt, sendBefore: .now + .seconds(300))
    }
}
