import Desk
import DeskTesting
import JSON
import Testing
import Trading

/// The order book as the port promises it, told by every broker that has one.
@Suite("Depth conformance", .timeLimit(.minutes(20)))
struct DepthConformanceTests {
    /// RELIANCE at ₹ 2,950 with so many shares at each level.
    private func book(_ outside: Outside, of quantity: Int) async throws {
        try await outside.ask(
            "POST",
            "/prices",
            #"{"symbol":"RELIANCE","price":"2950.00","frozen":true,"depth":\#(quantity)}"#
        )
    }

    private func listing(_ kind: BrokerUnderTest, _ outside: Outside) -> BrokerInstrument {
        BrokerInstrument(
            instrument: outside.instrument.id,
            segment: kind.listing.segment,
            code: kind.listing.code
        )
    }

    @Test("Five levels of each side are told, best first", arguments: BrokerUnderTest.outside)
    func levels(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            try await book(outside, of: 700)
            let source = try #require(outside.broker.services.depth)
            let depth = try await source.depth(listing(kind, outside), outside.session())
            #expect(depth.bids.count == 5 && depth.asks.count == 5)
            let prices = try await outside.ask("GET", "/prices")["prices"]?.array ?? []
            let market = prices.first { $0["symbol"]?.string == "RELIANCE" }
            #expect(depth.bids.first?.price.rupees == market?["bid"]?.string)
            #expect(depth.asks.first?.price.rupees == market?["ask"]?.string)
            for levels in [depth.bids, depth.asks] {
                #expect(levels.allSatisfy { $0.quantity == Quantity(700) })
                #expect(Set(levels.map(\.price)).count == 5)
                // Groww alone counts no orders.
                #expect(levels.allSatisfy { ($0.orders ?? 0 > 0) == (kind != .groww) })
            }
            #expect(depth.bids == depth.bids.sorted { $0.price > $1.price })
            #expect(depth.asks == depth.asks.sorted { $0.price < $1.price })
            let (bid, ask) = (try #require(depth.bids.first), try #require(depth.asks.first))
            #expect(bid.price < ask.price)
            let last = try #require(depth.lastPrice)
            #expect(try #require(depth.lowerCircuit) < last)
            #expect(try #require(depth.upperCircuit) > last)
            try await expectSessionEnd { _ = try await source.depth(listing(kind, outside), $0) }
        }
    }

    @Test(
        "What was taken stands there no more, and the trade and its time are told",
        arguments: BrokerUnderTest.outside
    )
    func taken(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            try await book(outside, of: 8)
            let source = try #require(outside.broker.services.depth)
            let before = try await source.depth(listing(kind, outside), outside.session())
            let attempt = try await outside.claimed(limit: nil)
            _ = try #require(await outside.broker.place(attempt).brokerOrderID)
            let after = try await source.depth(listing(kind, outside), outside.session())
            #expect(after.asks.first?.price == before.asks.first?.price)
            #expect(after.asks.first?.quantity == Quantity(3))
            #expect(after.bids == before.bids)
            #expect(after.lastPrice == before.asks.first?.price)
            #expect(after.volume == before.volume.map { $0 + 5 })
            // Dhan and Kite tell seconds.
            let traded = try #require(after.lastTradeAt)
            #expect(traded.duration(to: outside.clock.now()) < .seconds(1))
            #expect(traded <= outside.clock.now())
        }
    }

    @Test("An empty side has no levels at all", arguments: BrokerUnderTest.outside)
    func empty(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            try await book(outside, of: 0)
            let source = try #require(outside.broker.services.depth)
            let depth = try await source.depth(listing(kind, outside), outside.session())
            #expect(depth.bids.isEmpty && depth.asks.isEmpty)
            #expect(depth.lastPrice == Price(rupees: "2950.00"))
        }
    }

    @Test("Of what the broker does not list there is no book", arguments: BrokerUnderTest.outside)
    func unlisted(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let source = try #require(outside.broker.services.depth)
            for code in ["987654", "NO&SUCH NAME", ""] {
                let unknown = BrokerInstrument(
                    instrument: InstrumentID(9),
                    segment: kind.listing.segment,
                    code: code
                )
                await #expect(throws: BrokerFailure.self, "\(code)") {
                    _ = try await source.depth(unknown, outside.session())
                }
            }
        }
    }
}
