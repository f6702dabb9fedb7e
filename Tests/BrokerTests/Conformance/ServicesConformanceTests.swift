import Desk
import DeskTesting
import HTTPClient
import JSON
import Testing
import Trading

/// What a broker does for an account beside orders: the same promises at every broker that has it.
@Suite("Services conformance", .timeLimit(.minutes(20)))
struct ServicesConformanceTests {
    @Test("What is declared is offered, and nothing else", arguments: BrokerUnderTest.allCases)
    func declared(_ kind: BrokerUnderTest) async throws {
        try await kind.visit { desk in
            let services = desk.broker.services
            let offered: [BrokerAbility: Bool] = [
                .profile: services.profile != nil, .margins: services.margins != nil,
                .charges: services.charges != nil, .ledger: services.ledger != nil,
                .tradeHistory: services.tradeHistory != nil,
                .saleAuthorization: services.sales != nil,
                .killSwitch: services.killSwitch != nil,
                .profitExit: services.profitExit != nil, .addresses: services.addresses != nil,
                .conversion: services.conversion != nil,
                .exitPositions: services.exit != nil,
                .profitReport: services.profitReport != nil,
                .sessionRenewal: services.renewal != nil,
                .sessionEnd: services.sessionEnd != nil,
                .payments: services.payments != nil, .auctions: services.auctions != nil,
                .depth: services.depth != nil,
            ]
            for (ability, isOffered) in offered {
                #expect(kind.declared.abilities.contains(ability) == isOffered, "\(ability)")
            }
            for capability in BrokerCapability.allCases {
                let provision = capability.provision(by: kind.declared)
                if capability == .killSwitch { #expect(provision != .none) }
            }
        }
    }

    @Test("A profile names its account", arguments: BrokerUnderTest.outside)
    func profiles(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let source = try #require(outside.broker.services.profile)
            let profile = try await source.profile(outside.session())
            #expect(profile.brokerClientID == Outside.client)
            #expect(profile.hasMandate != nil && !profile.segments.isEmpty)
            try await expectSessionEnd { _ = try await source.profile($0) }
        }
    }

    @Test("Orders need what they are worth, together and alone", arguments: BrokerUnderTest.outside)
    func margins(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let source = try #require(outside.broker.services.margins)
            let order = kind.prospect(.buy, 5, "2900.00")
            let one = try await source.margin([order], outside.session())
            #expect(one.required == Money(rupees: "14500.00"))
            #expect(one.available.map { $0 > .zero } == true && one.missing == .zero)
            let more = kind.prospect(.buy, 1, "2900.05")
            let two = try await source.margin([order, more], outside.session())
            #expect(two.required == Money(rupees: "17400.05"))
            // Nothing was placed by asking.
            #expect(try await outside.placements() == 0)
            try await expectSessionEnd { _ = try await source.margin([order], $0) }
        }
    }

    @Test("Charges are the sum of their lines", arguments: BrokerUnderTest.outside)
    func charges(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let source = try #require(outside.broker.services.charges)
            let orders = [
                kind.prospect(.buy, 5, "2900.00"),
                kind.prospect(.sell, 5, "2900.00", product: .intraday),
            ]
            let estimates = try await source.charges(orders, outside.session())
            #expect(estimates.count == 2)
            for estimate in estimates where !estimate.lines.isEmpty {
                let sum = estimate.lines.reduce(Money.zero) { $0 + $1.amount }
                // Brokers round each line for itself.
                #expect(abs(sum.paise - estimate.total.paise) <= 5, "\(estimate)")
            }
            if kind == .zerodha || kind == .upstox {
                // 14,500 worth: tax 0.1 %, stamp 0.02 %, exchange 0.01 %, and its tax of 18 %.
                #expect(estimates[0].total == Money(rupees: "19.11"))
                let tax = estimates[0].lines.first { $0.kind == .transactionTax }
                #expect(tax?.amount == Money(rupees: "14.50"))
            }
            #expect(try await outside.placements() == 0)
        }
    }

    @Test("The day's trades are in the statement", arguments: BrokerUnderTest.outside)
    func statements(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let today = CalendarDay(containing: outside.clock.now())
            let days = today.advanced(by: -1)...today
            if let ledger = outside.broker.services.ledger {
                let lines = try await ledger.ledger(days, outside.session())
                let first = try #require(lines.first)
                #expect(first.day == days.lowerBound && first.narration == "OPENING BALANCE")
                #expect(first.balance == first.credit && first.debit == .zero)
            }
            guard let history = outside.broker.services.tradeHistory else { return }
            #expect(try await history.pastTrades(days, page: 0, outside.session()).trades.isEmpty)
            let attempt = try await outside.claimed(limit: nil)
            _ = try #require(await outside.broker.place(attempt).brokerOrderID)
            let past = try await history.pastTrades(days, page: 0, outside.session())
            #expect(past.trades.reduce(Quantity.zero) { $0 + $1.quantity } == Quantity(5))
            #expect(past.trades.allSatisfy { $0.side == .buy && $0.isin == "INE002A01018" })
            #expect(try await history.pastTrades(days, page: 1, outside.session()).trades.isEmpty)
        }
    }

    @Test(
        "A kill switch stops orders, and says whether it is on",
        arguments: [
            BrokerUnderTest.dhan, .upstox,
        ]
    )
    func killSwitch(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let control = try #require(outside.broker.services.killSwitch)
            let session = outside.session()
            #expect(try await control.killSwitch(session).allSatisfy { !$0.isOn })
            let on = try await control.setKillSwitch(on: true, segments: [], session)
            #expect(on.allSatisfy(\.isOn) && !on.isEmpty)
            #expect(try await control.killSwitch(session) == on)
            let attempt = try await outside.claimed()
            #expect(await outside.broker.place(attempt).brokerOrderID == nil)
            #expect(try await outside.ledger().isEmpty)
            // Twice is no different.
            #expect(try await control.setKillSwitch(on: true, segments: [], session) == on)
            outside.wait(until: 13 * 3_600, since: outside.clock.now())
            let off = try await control.setKillSwitch(on: false, segments: [], session)
            #expect(off.allSatisfy { !$0.isOn })
        }
    }

    @Test("A kill switch that the broker refuses is said to be refused")
    func refusedKillSwitch() async throws {
        try await Outside.visit(.dhan) { outside in
            let control = try #require(outside.broker.services.killSwitch)
            let resting = try await outside.claimed()
            _ = try #require(await outside.broker.place(resting).brokerOrderID)
            await #expect(throws: BrokerFailure.self) {
                _ = try await control.setKillSwitch(on: true, segments: [], outside.session())
            }
            await #expect(throws: BrokerFailure.self) {
                _ = try await control.setKillSwitch(
                    on: true,
                    segments: ["NSE_EQ"],
                    outside.session()
                )
            }
            #expect(try await control.killSwitch(outside.session()).first?.isOn == false)
        }
    }

    @Test(
        "The broker's own exit closes what it says it does, and asked again it does no harm",
        arguments: [BrokerUnderTest.dhan, .upstox]
    )
    func nativeExit(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let exit = try #require(outside.broker.services.exit)
            let sample = try await outside.claimed(limit: nil)
            for product in [Product.intraday, .delivery] {
                let attempt = Sample.attempt(
                    "VEXIT00000000000\(product.rawValue)",
                    terms: Sample.terms(product: product),
                    session: sample.session
                )
                _ = try #require(await outside.broker.place(attempt).brokerOrderID)
            }
            let resting = try await outside.claimed()
            let id = try #require(await outside.broker.place(resting).brokerOrderID)
            func open() async throws -> [String] {
                try await outside.broker.positions(outside.session())
                    .filter { $0.netQuantity != 0 }.map(\.product)
            }
            let opened = try await open()
            #expect(opened.count == 2)

            let receipt = try await exit.exitPositions(outside.session())
            let (report, _) = try await outside.broker.look(Sample.live(resting, id))
            let left = try await open()
            switch exit.reach {
            case .positionsAndOrders:
                #expect(left.isEmpty && report.status == .cancelled)
                #expect(receipt.words != nil)
            case .positionsWithoutDelivery:
                // D is delivery at Upstox, and what is intraday there is I.
                #expect(left == ["D"] && report.status == .open)
                #expect(receipt.orders.count == 1)
            }
            let before = try await outside.ledger().count
            #expect(try await exit.exitPositions(outside.session()).orders.isEmpty)
            #expect(try await outside.ledger().count == before)
            try await expectSessionEnd { _ = try await exit.exitPositions($0) }
        }
    }

    @Test("A profit report has what was bought and sold, its sums, and what was charged")
    func profitReport() async throws {
        try await Outside.visit(.upstox) { outside in
            let source = try #require(outside.broker.services.profitReport)
            let today = CalendarDay(containing: outside.clock.now())
            let words = "\(today)".split(separator: "-").compactMap { Int($0) }
            let startYear = words[1] < 4 ? words[0] - 1 : words[0]
            let period = try #require(
                ReportPeriod(segment: .equity, startYear: startYear, days: nil)
            )
            func read(_ period: ReportPeriod) async throws -> ProfitReport {
                try await source.profitReport(period, page: 0, outside.session())
            }
            #expect(try await read(period) == ProfitReport(rows: [], total: 0, hasMore: false))
            let sample = try await outside.claimed(limit: nil)
            for (side, price) in [(Side.buy, "2950.00"), (.sell, "2960.00")] {
                try await outside.price(price)
                let attempt = Sample.attempt(
                    "VREPORT000000000\(side.rawValue)",
                    terms: Sample.terms(side, product: .intraday),
                    session: sample.session
                )
                _ = try #require(await outside.broker.place(attempt).brokerOrderID)
            }
            let report = try await read(period)
            let row = try #require(report.rows.first)
            #expect(report.total == 1 && report.rows.count == 1 && !report.hasMore)
            #expect(row.isin == "INE002A01018" && row.quantity == Quantity(5))
            #expect(row.bought.average == Price(rupees: "2950.00"))
            // What is sold at the market meets the spread.
            #expect(row.sold.average > row.bought.average)
            #expect(row.sold.amount == row.sold.average.value(of: Quantity(5)))
            #expect(row.profit == row.sold.amount - row.bought.amount)
            let charges = try await source.profitCharges(period, outside.session())
            #expect(charges.total == charges.lines.reduce(.zero) { $0 + $1.amount })
            #expect(charges.lines.first { $0.kind == .brokerage }?.amount == Money(rupees: "20.00"))
            // Other days and other segments have none of it.
            let other = try #require(
                ReportPeriod(segment: .derivatives, startYear: startYear, days: nil)
            )
            #expect(try await read(other).rows.isEmpty)
            let first = try #require(CalendarDay(year: startYear, month: 4, day: 1))
            let early = ReportPeriod(segment: .equity, startYear: startYear, days: first...first)
            #expect(try await read(try #require(early)).rows.isEmpty)
            try await expectSessionEnd { _ = try await source.profitCharges(period, $0) }
        }
    }

    @Test(
        "A position becomes one of another product",
        arguments: [
            BrokerUnderTest.dhan, .zerodha, .upstox,
        ]
    )
    func conversion(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let converter = try #require(outside.broker.services.conversion)
            let sample = try await outside.claimed(limit: nil)
            let attempt = Sample.attempt(
                sample.reference,
                terms: Sample.terms(product: .intraday),
                session: sample.session
            )
            _ = try #require(await outside.broker.place(attempt).brokerOrderID)
            let before = try await outside.broker.positions(outside.session())
            let listing = try #require(sample.session.instrument)
            let wish = { (quantity: Int64) in
                Conversion(
                    instrument: listing,
                    side: .buy,
                    quantity: Quantity(quantity),
                    from: .intraday,
                    to: .delivery
                )
            }
            try await converter.convert(wish(5), outside.session())
            let after = try await outside.broker.positions(outside.session())
            #expect(before.filter { $0.netQuantity == 5 }.map(\.product).count == 1)
            #expect(after.first { $0.netQuantity == 5 }?.product != before.first?.product)
            // There is no more of it.
            await #expect(throws: BrokerFailure.self) {
                try await converter.convert(wish(1), outside.session())
            }
        }
    }

    /// A call through a session that the broker does not know says so.
}

/// Expects that a stranger's session is refused as one that is over.
func expectSessionEnd(_ call: (BrokerSession) async throws -> Void) async throws {
    let stranger = BrokerSession(
        account: nil,
        brokerClientID: Outside.client,
        token: Secret("no-such-token"),
        egress: nil,
        instrument: nil
    )
    do {
        try await call(stranger)
        Issue.record("a stranger's session was served")
    } catch let failure as BrokerFailure {
        guard case .sessionEnded = failure else {
            Issue.record("\(failure)")
            return
        }
    }
}

extension BrokerUnderTest {
    /// An order that is asked about and not placed.
    func prospect(
        _ side: Side,
        _ quantity: Int64,
        _ price: String,
        product: Product = .delivery
    ) -> ProspectiveOrder {
        ProspectiveOrder(
            instrument: BrokerInstrument(
                instrument: Sample.instrument.id,
                segment: listing.segment,
                code: listing.code
            ),
            side: side,
            type: .limit,
            product: product,
            quantity: Quantity(quantity),
            price: Price(rupees: price) ?? Price(raw: 1)
        )
    }
}
