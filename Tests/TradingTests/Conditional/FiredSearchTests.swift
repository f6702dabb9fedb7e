import Testing
import Trading

@Suite("Conditional orders: what came of them")
struct FiredSearchTests {
    private static let since = Timestamp(microseconds: 1_795_000_000_000_000)

    private static let instrument = Instrument(
        id: InstrumentID(1),
        exchange: .nse,
        symbol: "RELIANCE",
        name: "Reliance Industries",
        isin: nil,
        lot: Quantity(1),
        tick: Price(raw: 500),
        freezeQuantity: nil,
        lowerCircuit: nil,
        upperCircuit: nil
    )

    private static func search(
        _ condition: Condition,
        _ side: Side = .sell,
        named: [String] = [],
        namesAll: Bool = false,
        hasFired: Bool = true,
        reference: String? = nil,
        firedAfter: Duration? = nil,
        mayCarryReference: Bool = true
    ) -> FiredSearch {
        FiredSearch(
            terms: ConditionalTerms(
                instrument: instrument,
                side: side,
                product: .delivery,
                quantity: Quantity(5),
                condition: condition
            ),
            code: "2885",
            reference: reference,
            named: named,
            namesAll: namesAll,
            hasFired: hasFired,
            since: since,
            firedAt: firedAfter.map { since.advanced(by: $0) },
            mayCarryReference: mayCarryReference
        )
    }

    private static func leg(_ rupees: Int64, _ limit: Int64?) -> TriggeredLeg {
        TriggeredLeg(
            trigger: Price(raw: rupees * 10_000),
            price: limit.map { Price(raw: $0 * 10_000) }
        )
    }

    private static let pair = Condition.oneCancelsOther(
        target: leg(3_000, 2_995),
        stop: leg(2_900, 2_890)
    )

    private static func order(
        _ id: String,
        _ side: Side = .sell,
        _ price: Int64? = 2_890,
        quantity: Int64 = 5,
        code: String = "2885",
        reference: String? = nil,
        after: Duration? = .seconds(5),
        product: Product? = nil,
        leg: String? = nil
    ) -> OrderReport {
        OrderReport(
            brokerOrderID: id,
            reference: reference,
            status: .open,
            quantity: Quantity(quantity),
            filled: .zero,
            message: nil,
            reported: ReportedShape(
                type: price == nil ? .market : .limit,
                price: price.map { Price(raw: $0 * 10_000) },
                trigger: nil
            ),
            particulars: OrderParticulars(
                side: side,
                code: code,
                at: after.map { since.advanced(by: $0) },
                product: product,
                leg: leg
            )
        )
    }

    private func found(_ search: FiredSearch, _ book: [OrderReport], known: Set<String> = [])
        -> [String]?
    {
        guard case .found(let reports) = search(book, booked: [], known: known, mark: "TST") else {
            return nil
        }
        return reports.map(\.brokerOrderID)
    }

    @Test("Either leg's limit is alike, and an order at the market")
    func legs() {
        for price in [2_995, 2_890, nil] as [Int64?] {
            #expect(found(Self.search(Self.pair), [Self.order("1", .sell, price)]) == ["1"])
        }
    }

    @Test("Nothing else is: side, price, size, instrument, age, ours by its reference, or known")
    func others() {
        let ours = BrokerReference.make(IntentID(7), attempt: 1, mark: "TST")
        let book = [
            Self.order("side", .buy), Self.order("price", .sell, 2_891),
            Self.order("size", quantity: 6), Self.order("code", code: "2886"),
            Self.order("age", after: .seconds(-121)), Self.order("ours", reference: ours),
            Self.order("known"),
        ]
        #expect(found(Self.search(Self.pair), book, known: ["known"]) == [])
        // One of another product, and one of another conditional order of ours.
        let other = BrokerReference.make(ConditionalID(9), attempt: 1, mark: "TST")
        let more = [Self.order("product", product: .intraday), Self.order("C", reference: other)]
        #expect(found(Self.search(Self.pair), more) == [])
        #expect(found(Self.search(Self.pair), [Self.order("1", product: .delivery)]) == ["1"])
        // A reference that is none of ours says nothing: brokers make their own.
        #expect(found(Self.search(Self.pair), [Self.order("1", reference: "GR123")]) == ["1"])
        // But where the broker puts none on what fires: there it is somebody else's.
        #expect(
            found(
                Self.search(Self.pair, mayCarryReference: false),
                [Self.order("hand", reference: "APP-1"), Self.order("1", reference: "")]
            ) == ["1"]
        )
        // An order that the book does not describe is no witness.
        let bare = OrderReport(
            brokerOrderID: "bare",
            reference: nil,
            status: .open,
            quantity: Quantity(5),
            filled: .zero,
            message: nil
        )
        #expect(found(Self.search(Self.pair), [bare]) == [])
    }

    @Test("Before it has fired only what is named is taken")
    func notFired() {
        let book = [Self.order("1"), Self.order("2", .buy)]
        #expect(found(Self.search(Self.pair, hasFired: false), book) == [])
        #expect(found(Self.search(Self.pair, named: ["2"], hasFired: false), book) == ["2"])
    }

    @Test("Two that are alike are told from one another by a name or a reference alone")
    func twins() {
        let book = [Self.order("1"), Self.order("2", reference: "REF")]
        #expect(found(Self.search(Self.pair), book) == nil)
        #expect(found(Self.search(Self.pair, named: ["1"]), book) == ["1"])
        #expect(found(Self.search(Self.pair, reference: "REF"), book) == ["2"])
        #expect(found(Self.search(Self.pair, namesAll: true), book) == [])
    }

    @Test(
        "A bracket's exit closes what its entry has filled, at whatever price a trail has left it"
    )
    func bracket() {
        let condition = Condition.bracket(
            entry: Price(raw: 29_400_000),
            target: Self.leg(3_000, 3_000),
            stop: Self.leg(2_900, 2_900),
            trail: Price(raw: 50_000)
        )
        let search = Self.search(condition, .buy, named: ["entry"])
        let book = [
            Self.order("entry", .buy, 2_940), Self.order("exit", .sell, 2_935, quantity: 3),
        ]
        #expect(found(search, book) == ["entry", "exit"])
        let booked = [FiredOrder(brokerOrderID: "exit", side: .sell, intent: IntentID(1))]
        let more = [Self.order("entry", .buy), Self.order("hand", .sell, quantity: 3)]
        // Once the exit is ours nothing that looks like one is taken.
        #expect(
            search(more, booked: booked, known: [], mark: "TST") == .found([more[0]])
        )
    }

    private func finding(
        _ search: FiredSearch,
        _ book: [OrderReport],
        _ scope: FiredSearch.Scope
    ) -> FiredSearch.Finding {
        search(book, booked: [], known: [], mark: "TST", scope: scope)
    }

    @Test("An order like it is not taken while what fired need not be among those that were read")
    func part() {
        let twin = Self.order("hand")
        #expect(finding(Self.search(Self.pair), [twin], .part) == .doubtful)
        #expect(finding(Self.search(Self.pair), [], .part) == .found([]))
        #expect(finding(Self.search(Self.pair), [twin], .whole) == .found([twin]))
        // What is named or carries the reference needs no such proof, and two remain two.
        #expect(
            finding(Self.search(Self.pair, named: ["hand"]), [twin], .part) == .found([twin])
        )
        #expect(
            finding(Self.search(Self.pair), [twin, Self.order("2")], .part) == .ambiguous(2)
        )
    }

    @Test("Where the broker says when it fired, only an order of that moment is it, and at once")
    func moment() {
        let search = Self.search(Self.pair, firedAfter: .seconds(600))
        let book = [
            Self.order("before", after: .seconds(590)), Self.order("it", after: .seconds(601)),
            Self.order("later", after: .seconds(700)),
        ]
        #expect(finding(search, book, .part) == .found([book[1]]))
        // A second one of the same minute is as good.
        let twin = Self.order("twin", after: .seconds(630))
        #expect(finding(search, book + [twin], .whole) == .ambiguous(2))
        // One of which nobody knows when it came is no proof.
        let timeless = Self.order("timeless", after: nil)
        #expect(finding(search, [timeless], .part) == .doubtful)
        #expect(finding(search, [timeless], .whole) == .found([timeless]))
    }

    @Test("An order that plays a part in a larger one comes before one that does not")
    func parts() {
        let book = [Self.order("hand"), Self.order("it", leg: "STOP_LOSS_LEG")]
        #expect(finding(Self.search(Self.pair), book, .whole) == .found([book[1]]))
    }
}
