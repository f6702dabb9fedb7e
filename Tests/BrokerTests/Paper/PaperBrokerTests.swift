import Desk
import Paper
import Testing
import Trading

/// What is the paper broker's own: fills at the last price, without any outside.
@Suite("Paper broker")
struct PaperBrokerTests {
    private let price = LastPrice()
    private let clock = HandClock()

    private var broker: PaperBroker {
        PaperBroker(lastPrice: { [price] _ in price.now }, clock: clock)
    }

    private func look(_ terms: OrderTerms) async throws -> (OrderReport, [TradeReport]) {
        try await broker.look(Sample.live(Sample.attempt(terms: terms), "PAPER-1"))
    }

    @Test("A market order fills at the last price, or at that of its sizing where none is known")
    func market() async throws {
        price.set("3001.25")
        #expect(try await look(Sample.terms()).1.map(\.price) == [Price(rupees: "3001.25")])
        price.set(nil)
        let (report, trades) = try await look(Sample.terms())
        #expect(report.status == .filled)
        #expect(trades.map(\.price) == [Price(rupees: "2950.00")])
    }

    @Test("Without a price a limit or stop order rests")
    func noPrice() async throws {
        price.set(nil)
        for terms in [
            Sample.terms(price: "2900"), Sample.terms(trigger: "2900"),
            Sample.terms(.sell, price: "2900", trigger: "2900"),
        ] {
            #expect(try await look(terms).0.status == .open)
        }
    }

    @Test(
        "An order fills exactly where the price is no worse than its limit and past its trigger",
        arguments: [
            (Sample.terms(price: "2950.00"), true), (Sample.terms(price: "2949.95"), false),
            (Sample.terms(.sell, price: "2950.00"), true),
            (Sample.terms(.sell, price: "2950.05"), false),
            (Sample.terms(trigger: "2950.00"), true), (Sample.terms(trigger: "2950.05"), false),
            (Sample.terms(.sell, trigger: "2950.00"), true),
            (Sample.terms(.sell, trigger: "2949.95"), false),
            (Sample.terms(price: "2950.00", trigger: "2950.00"), true),
            (Sample.terms(price: "2949.00", trigger: "2949.00"), false),
            (Sample.terms(.sell, price: "2951.00", trigger: "2951.00"), false),
        ]
    )
    func fills(terms: OrderTerms, fills: Bool) async throws {
        let (report, trades) = try await look(terms)
        #expect(report.status == (fills ? .filled : .open))
        #expect(trades.map(\.price) == (fills ? [Price(rupees: "2950.00")] : []))
        #expect(trades.map(\.quantity) == (fills ? [Quantity(5)] : []))
    }

    @Test("A cancel ends what rests, in our books alone, and refuses what fills at this price")
    func cancel() async throws {
        let resting = Sample.attempt(terms: Sample.terms(price: "2900.00"))
        let wished = Sample.live(resting, "PAPER-1", isCancelAsked: true)
        try await broker.cancel(wished)
        #expect(try await broker.look(wished).0.status == .cancelled)
        // Nobody has wished the other one cancelled.
        #expect(try await broker.look(Sample.live(resting, "PAPER-2")).0.status == .open)
        price.set("2899.00")
        let refused = await failure { () throws(BrokerFailure) in try await broker.cancel(wished) }
        #expect(refused?.code == "traded")
        #expect(try await broker.look(wished).0.status == .filled)
    }

    @Test("Nothing is outside: a doubt finds nothing, and absence is proven at once")
    func nothingOutside() async throws {
        let attempt = Sample.attempt()
        _ = await broker.place(attempt)
        #expect(try await broker.find(Sample.doubt(attempt)) == nil)
        #expect(try await broker.orders(Sample.session()).isEmpty)
        #expect(broker.traits.visibilityLag == .zero && !broker.traits.findsByReference)
    }

    @Test("An order's ids follow from our reference, so that a repeated look books nothing twice")
    func ids() async throws {
        let attempt = Sample.attempt("VPAPER01")
        let id = try #require(await broker.place(attempt).brokerOrderID)
        #expect(await broker.place(attempt).brokerOrderID == id)
        let first = try await broker.look(Sample.live(attempt, id)).1
        clock.advance(seconds: 60)
        let second = try await broker.look(Sample.live(attempt, id)).1
        #expect(!first.isEmpty && first.map(\.tradeID) == second.map(\.tradeID))
        #expect(Set(first.map(\.tradeID)).isDisjoint(with: [id]))
    }
}
