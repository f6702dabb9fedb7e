import Desk
import DeskTesting
import Testing
import Trading

/// What brokers still tell of an order once its day is over.
@Suite("Past days conformance", .timeLimit(.minutes(20)))
struct PastDayConformanceTests {
    @Test("Of an order of an earlier day Dhan's past trades tell the fills that nobody saw")
    func earlierDay() async throws {
        try await Outside.visit(.dhan) { outside in
            let attempt = try await outside.claimed(limit: nil)
            let id = try #require(await outside.broker.place(attempt).brokerOrderID)
            let day = CalendarDay(containing: outside.clock.now())
            outside.clock.advance(by: .seconds(86_400))
            try await outside.connect(token: Outside.token)
            // At a limit, since of one at the market its trades are asked for first.
            let terms = Sample.terms(price: "2950.00")
            func look(_ pastDay: CalendarDay?) async throws -> (OrderReport, [TradeReport]) {
                try await outside.broker.look(
                    LiveOrder(
                        job: attempt.job,
                        brokerOrderID: id,
                        reference: attempt.reference,
                        terms: terms,
                        quantity: attempt.quantity,
                        filled: .zero,
                        sizingPrice: attempt.sizingPrice,
                        session: outside.session(),
                        pastDay: pastDay
                    )
                )
            }
            await #expect(throws: BrokerFailure.self) { _ = try await look(nil) }
            // Of a day without trades of it nothing is told, and nothing concluded.
            await #expect(throws: BrokerFailure.self) { _ = try await look(day.advanced(by: -1)) }
            let (report, trades) = try await look(day)
            #expect(report.status == .filled && report.filled == Quantity(5))
            #expect(trades.reduce(Quantity.zero) { $0 + $1.quantity } == Quantity(5))
            #expect(trades.allSatisfy { CalendarDay(containing: $0.at) == day })
        }
    }

    @Test(
        "What rested on an earlier day has ended, with the fills that the broker still tells",
        arguments: BrokerUnderTest.outside
    )
    func dayIsOver(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let resting = try await outside.claimed()
            try await outside.send(resting)
            let filling = try await outside.claimed(limit: "2949.00")
            try await outside.send(filling)
            for attempt in [resting, filling] {
                try await outside.look(attempt)
                #expect(try outside.intent(attempt).state == .open)
            }
            // Nobody looks while a part of the second one is bought, nor before the next day.
            try await outside.ask(
                "POST",
                "/prices",
                #"{"symbol":"RELIANCE","price":"2949.00","frozen":true,"depth":2,"spread":"0.05"}"#
            )
            outside.clock.advance(by: .seconds(86_400))
            try await outside.connect(token: Outside.token)
            // The sandbox's own day turns with its next tick.
            try await outside.ask("POST", "/clock", "{}")
            for attempt in [resting, filling] {
                try await outside.look(attempt)
                // Some still say by the order's id how it ended, each in its own word.
                let state = try outside.intent(attempt).state
                #expect(state == .expired || state == .cancelled && kind != .dhan, "\(state)")
            }
            #expect(try outside.intent(resting).filled == .zero)
            #expect(try outside.intent(filling).filled == Quantity(2))
            let client = try outside.intent(filling).client
            #expect(outside.store.funds(of: client)?.held == .zero)
        }
    }

    /// Brokers that tell of today alone, with how they refuse to tell of an order by its id.
    private static let forgetful = [
        (BrokerUnderTest.zerodha, "/orders/", "OrderException"),
        (.upstox, "/v2/order/details", "UDAPI100010"), (.groww, "/order/detail/", "GA004"),
    ]

    @Test(
        "What nothing shows any more has expired if it was seen at its day's end, else nobody can tell",
        arguments: forgetful,
        [true, false]
    )
    func forgotten(_ broker: (BrokerUnderTest, String, String), _ isSeen: Bool) async throws {
        let (kind, path, code) = broker
        try await Outside.visit(kind) { outside in
            let attempt = try await outside.claimed()
            let id = try #require(try await outside.send(attempt).brokerOrderID)
            // Five minutes before midnight, where this market's day ends.
            let late: Duration = .seconds(13 * 3_600 + 55 * 60)
            if isSeen { outside.clock.advance(by: late) }
            try await outside.look(attempt)
            #expect(try outside.intent(attempt).state == .open)
            if !isSeen { outside.clock.advance(by: late) }
            let byID = path.hasSuffix("/") ? path + id : path
            try await outside.ask(
                "POST",
                "/faults",
                """
                {"kind":"answer_without_booking","method":"GET","path":"\(byID)","status":400,
                "code":"\(code)"}
                """
            )
            // On its own day that proves nothing.
            try await outside.look(attempt)
            #expect(try outside.intent(attempt).state == .open)
            outside.clock.advance(by: .seconds(86_400) - late)
            try await outside.connect(token: Outside.token)
            try await outside.ask("POST", "/clock", "{}")
            try await outside.look(attempt)
            let intent = try outside.intent(attempt)
            #expect(intent.state == (isSeen ? .expired : .open))
            #expect(intent.reason == (isSeen ? .dayEnded : .fillsUntold))
            #expect((intent.held == .zero) == isSeen)
        }
    }
}
