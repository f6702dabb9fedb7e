import Desk
import DeskTesting
import JSON
import Testing
import Trading

/// What goes wrong around placements: tokens, clocks, and what a broker can do at all.
@Suite("Surroundings conformance", .timeLimit(.minutes(20)))
struct SurroundingsConformanceTests {
    @Test(
        "A token that expires in mid-task refuses what follows and forgets nothing before",
        arguments: BrokerUnderTest.outside
    )
    func tokenExpires(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let first = try await outside.claimed()
            try await outside.send(first)
            let lost = try await outside.claimed()
            try await outside.fault("drop_after_booking")
            try await outside.send(lost)
            try await outside.connect(token: "the-next-one")

            let refused = try await outside.claimed()
            guard case .refused(.sessionExpired, _) = try await outside.send(refused) else {
                Issue.record("an expired token did not refuse")
                return
            }
            #expect(try outside.intent(refused).held == .zero)
            // The books are closed to us: that is no testimony, however long it lasts.
            let start = outside.clock.now()
            for seconds: Int64 in [2, 10, 40, 130, 600] {
                outside.wait(until: seconds, since: start)
                try await outside.lookIntoDoubt(lost)
                #expect(try outside.intent(lost).state == .unknown)
            }
            try await outside.look(first)
            #expect(try outside.intent(first).state == .accepted)
            // The account is marked for somebody to log in again; with that, all is found.
            try await outside.connect(token: Outside.token)
            try await outside.lookIntoDoubt(lost)
            try await outside.look(lost)
            try await outside.look(first)
            #expect(try outside.intent(lost).state == .open)
            #expect(try outside.intent(first).state == .open)
            #expect(try await outside.placements() == 3)
            #expect(try await outside.ledger().count == 2)
        }
    }

    @Test(
        "A broker whose clock is wrong is believed in everything but the time",
        arguments: BrokerUnderTest.outside,
        [-86_400_000, -7_200_000, 7_200_000, 86_400_000] as [Int64]
    )
    func wrongClock(_ kind: BrokerUnderTest, _ milliseconds: Int64) async throws {
        try await Outside.visit(kind) { outside in
            let told = try await outside.claimed(limit: nil)
            try await outside.send(told)
            let lost = try await outside.claimed()
            try await outside.fault("drop_after_booking")
            try await outside.send(lost)
            // From here on every answer's times are off.
            let rule = #"{"kind":"wrong_clock","milliseconds":\#(milliseconds)}"#
            let id = try await outside.ask("POST", "/faults", rule)["ids"]?[0]?.int64
            let late = try await outside.claimed()
            #expect(OutcomeClass(try await outside.send(late)) == .accepted)
            try await outside.look(told)
            #expect(try outside.intent(told).filled == Quantity(5))
            try await outside.lookIntoDoubt(lost)
            try await outside.look(lost)
            try await outside.look(late)
            #expect(try outside.intent(lost).state == .open)
            #expect(try outside.intent(late).state == .open)
            // Set right again, the same trades do not count a second time.
            try await outside.ask("DELETE", "/faults/\(try #require(id))")
            try await outside.look(told)
            #expect(try outside.intent(told).filled == Quantity(5))
            #expect(try await outside.placements() == 3)
            #expect(try await outside.ledger().count == 3)
        }
    }

    @Test(
        "An exchange whose clock stands elsewhere takes the order, and shows it",
        arguments: BrokerUnderTest.outside,
        ["2026-11-23T01:00:00+05:30", "2026-11-24T23:00:00+05:30"]
    )
    func clockElsewhere(_ kind: BrokerUnderTest, _ time: String) async throws {
        try await Outside.visit(kind) { outside in
            try await outside.ask("POST", "/clock", #"{"now":"\#(time)"}"#)
            let attempt = try await outside.claimed()
            try await outside.fault("drop_after_booking")
            try await outside.send(attempt)
            try await outside.lookIntoDoubt(attempt)
            try await outside.look(attempt)
            #expect(try outside.intent(attempt).state == .open)
            #expect(try await outside.ledger().count == 1)
        }
    }

    @Test("What is declared as possible is possible", arguments: BrokerUnderTest.outside)
    func abilities(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let (broker, session) = (outside.broker, outside.session())
            let attempt = try await outside.claimed()
            let id = try #require(await broker.place(attempt).brokerOrderID)
            let order = Sample.live(attempt, id)
            let doubt = Sample.doubt(attempt)
            for lookUp in LookUp.allCases where broker.traits.lookUps.contains(lookUp) {
                switch lookUp {
                case .reference: #expect(try await broker.find(doubt)?.brokerOrderID == id)
                case .orderBook:
                    #expect(try await broker.orders(session).map(\.brokerOrderID) == [id])
                case .trades:
                    try await outside.price("2890.00")
                    let (report, trades) = try await broker.look(order)
                    #expect(report.status == .filled && !trades.isEmpty)
                    #expect(try await broker.trades(session) == trades)
                }
            }
            for ability in BrokerAbility.allCases where broker.traits.abilities.contains(ability) {
                switch ability {
                case .cancel:
                    try await outside.price("2950.00")
                    let resting = try await outside.claimed()
                    let id = try #require(await broker.place(resting).brokerOrderID)
                    try await broker.cancel(Sample.live(resting, id))
                    let (report, _) = try await broker.look(Sample.live(resting, id))
                    #expect(report.status == .cancelled)
                case .quotes:
                    let listing = try #require(attempt.session.instrument)
                    let prices = try await broker.quotes([listing], session)
                    #expect(prices[listing.instrument] == Price(rupees: "2950.00"))
                case .holdings: _ = try await broker.holdings(session)
                case .positions: _ = try await broker.positions(session)
                case .funds: #expect(try await broker.funds(session).available > .zero)
                case .sessionCheck: _ = try await broker.check(session)
                // Not calls of the port: each has tests of its own.
                case .postbacks, .orderStream, .loginRequests, .ownApps: break
                case .marketFeed: #expect(FeedUnderTest(rawValue: kind.rawValue) != nil)
                // Driven by the services' own suite.
                case .profile, .margins, .charges, .ledger, .tradeHistory, .saleAuthorization,
                    .killSwitch, .profitExit, .addresses, .conversion, .exitPositions,
                    .profitReport, .sessionRenewal, .sessionEnd, .payments, .auctions,
                    .depth:
                    break
                }
            }
        }
    }

    @Test("The declaration is the adapter's own", arguments: BrokerUnderTest.allCases)
    func declaration(_ kind: BrokerUnderTest) async throws {
        try await kind.visit { desk in
            let (told, declared) = (desk.broker.traits, kind.declared)
            #expect(told.refusals == declared.refusals && told.lookUps == declared.lookUps)
            #expect(told.visibilityLag == declared.visibilityLag)
            #expect(told.name.rawValue == kind.rawValue)
            // Only a whole book can prove that something is absent.
            if BrokerUnderTest.outside.contains(kind) {
                #expect(declared.lookUps.contains(.orderBook) && !declared.refusals.isEmpty)
                #expect(declared.visibilityLag > .zero)
            }
        }
    }
}
