import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OrdersLifeTests {
    @Test func aBuyIsBookedToThePaisaFromSubmitToFill() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let quarter = Sizing.part(BasisPoints(2_500))
            let (trade, jobs) = try await desk.planned(quarter, clients: .named([client]))
            #expect(trade.state == .running && trade.referencePrice == OrdersDesk.price)
            #expect(jobs.count == 1 && jobs[0].broker == .dhan && jobs[0].account != nil)

            let attempt = try #require(try await desk.attempts(jobs, of: trade).first)
            // 25 % of ₹1,00,000 buys 10 at ₹2,450; 1 % more is held for a MARKET order.
            #expect(attempt.quantity == Quantity(10) && attempt.number == 1)
            #expect(attempt.reference.count == 18 && attempt.fence == 1)
            #expect(attempt.session.token.reveal() == "token-\(client)")
            #expect(attempt.session.instrument?.code == "2885")
            #expect(try await desk.order(attempt).state == .sending)
            #expect(try await desk.funds(client).held == .rupees("24745.00"))
            #expect(try await desk.funds(client).available == .rupees("75255.00"))
            try await desk.expectBalance()

            #expect(try await desk.record(attempt, .accepted(brokerOrderID: "B\(jobs[0].intent)")))
            #expect(try await desk.order(attempt).state == .accepted)
            #expect(try await desk.looksIn(attempt) == 1)
            #expect(try await desk.trades.complete([trade.id]) == [trade.id])
            #expect(try await desk.trades.complete([trade.id]).isEmpty)

            let live = try #require(try await desk.orders.liveOrders([jobs[0].intent]).first)
            #expect(live.brokerOrderID == "B\(jobs[0].intent)")
            #expect(live.reference == attempt.reference && live.terms == trade.terms)
            #expect(live.session.token.reveal() == "token-\(client)")

            let fill = desk.traded(attempt, "T1", 10, 24_483_500)
            try await desk.apply(attempt, .filled, filled: 10, [fill])
            let order = try await desk.order(attempt)
            #expect(order.state == .filled && order.filled == Quantity(10))
            #expect(order.filledValue == .rupees("24483.50") && order.held == .zero)
            #expect(
                try await desk.funds(client)
                    == Funds(
                        available: .rupees("75516.50"),
                        invested: .rupees("24483.50"),
                        deposited: .rupees("100000.00")
                    )
            )
            #expect(
                try await desk.holding(client)
                    == Holding(quantity: Quantity(10), cost: .rupees("24483.50"))
            )
            #expect(try await desk.looksIn(attempt) == nil)
            let lines = try await desk.audit(attempt)
            #expect(
                lines == [
                    "ORDER_SENDING: BUY RELIANCE x10 @ ₹2,450",
                    "ORDER_ACCEPTED: BUY RELIANCE x10 @ ₹2,450, broker order B\(jobs[0].intent)",
                    "FILL_APPLIED: RELIANCE x10 @ ₹2,448.35",
                ]
            )
            try await desk.expectBalance()
        }
    }

    @Test func aFillThatIsReportedTwiceIsBookedOnce() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let fill = desk.traded(attempt, "T1", 10, 24_500_000)
            let report = desk.report(attempt, .filled, filled: 10)
            let booked = BookedOrder(
                intent: attempt.job.intent,
                report: report,
                trades: [fill, fill]
            )
            try await desk.orders.apply([booked, booked])
            try await desk.orders.apply([booked])
            // The broker's clock has jumped over midnight between two reads.
            let later = TradeReport(
                brokerOrderID: fill.brokerOrderID,
                tradeID: fill.tradeID,
                quantity: fill.quantity,
                price: fill.price,
                at: fill.at.advanced(by: .seconds(86_400))
            )
            try await desk.orders.apply([
                BookedOrder(intent: attempt.job.intent, report: report, trades: [later])
            ])
            #expect(try await desk.order(attempt).filled == Quantity(10))
            #expect(try await desk.funds(client).invested == .rupees("24500.00"))
            #expect(try await desk.audit(attempt).filter { $0.hasPrefix("FILL") }.count == 1)
            try await desk.expectBalance()
        }
    }

    @Test func partialFillsTakeFromTheHoldAndTheLastGivesTheRestBack() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let first = desk.traded(attempt, "T1", 4, 24_500_000)
            let second = desk.traded(attempt, "T2", 6, 24_400_000)

            try await desk.apply(attempt, .partlyFilled, filled: 4, [first])
            #expect(try await desk.order(attempt).state == .partlyFilled)
            #expect(try await desk.funds(client).held == .rupees("14945.00"))
            #expect(try await desk.funds(client).invested == .rupees("9800.00"))
            #expect(try await desk.looksIn(attempt) == 1)
            try await desk.expectBalance()

            try await desk.apply(attempt, .filled, filled: 10, [first, second])
            #expect(try await desk.order(attempt).state == .filled)
            #expect(
                try await desk.funds(client)
                    == Funds(
                        available: .rupees("75560.00"),
                        invested: .rupees("24440.00"),
                        deposited: .rupees("100000.00")
                    )
            )
            try await desk.expectBalance()
        }
    }

    @Test func aCancelledRestGivesItsHoldBackAndKeepsWhatWasFilled() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let fill = desk.traded(attempt, "T1", 4, 24_500_000)
            try await desk.apply(attempt, .cancelled, filled: 4, [fill], message: "by exchange")
            let order = try await desk.order(attempt)
            #expect(order.state == .cancelled && order.reason == .brokerCancelled)
            #expect(order.note == "by exchange" && order.filled == Quantity(4))
            #expect(try await desk.funds(client).held == .zero)
            #expect(try await desk.funds(client).available == .rupees("90200.00"))
            try await desk.expectBalance()
        }
    }

    @Test func aBookThatOwesTradesIsLookedAtAgainBeforeTheOrderEnds() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let first = desk.traded(attempt, "T1", 4, 24_500_000)
            try await desk.apply(attempt, .filled, filled: 10, [first])
            #expect(try await desk.order(attempt).state == .partlyFilled)
            #expect(try await desk.funds(client).held == .rupees("14945.00"))
            #expect(try await desk.looksIn(attempt) == 1)

            try await desk.apply(attempt, .cancelled, filled: 10, [first])
            #expect(try await desk.order(attempt).state == .partlyFilled)
            try await desk.expectBalance()
        }
    }

    @Test func aLateFillOfACancelledOrderIsBookedFromFreeCashAndThenOnCredit() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1, cash: 2_500_000)[0]
            let attempt = try await desk.accepted(client: client)
            try await desk.apply(attempt, .cancelled, filled: 0)
            #expect(try await desk.funds(client).available == .rupees("25000.00"))

            let late = desk.traded(attempt, "T1", 10, 26_000_000)
            try await desk.apply(attempt, .filled, filled: 10, [late])
            #expect(try await desk.order(attempt).state == .filled)
            #expect(
                try await desk.funds(client)
                    == Funds(
                        invested: .rupees("26000.00"),
                        deposited: .rupees("25000.00"),
                        shortfall: .rupees("1000.00")
                    )
            )
            try await desk.expectBalance()
        }
    }

    @Test func aBookThatIsBehindDoesNotReopenAFinalOrder() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let attempt = try await desk.accepted(client: client)
            let fill = desk.traded(attempt, "T1", 10, 24_500_000)
            try await desk.apply(attempt, .filled, filled: 10, [fill])
            try await desk.apply(attempt, .open, filled: 0)
            #expect(try await desk.order(attempt).state == .filled)
            #expect(try await desk.looksIn(attempt) == nil)
            try await desk.expectBalance()
        }
    }

    @Test func anImpossibleReportLeavesItsOrderAloneAndTheOthersGoOn() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let attempt = try await desk.accepted(client: clients[0])
            let (_, ready) = try await desk.planned(clients: .named([clients[1]]))
            let impossible = BookedOrder(
                intent: ready[0].intent,
                report: desk.report(attempt, .filled, filled: 10, brokerOrderID: "X"),
                trades: [desk.traded(attempt, "T9", 10, 24_500_000)]
            )
            let possible = BookedOrder(
                intent: attempt.job.intent,
                report: desk.report(attempt, .filled, filled: 10),
                trades: [desk.traded(attempt, "T1", 10, 24_500_000)]
            )
            try await desk.orders.apply([impossible, possible])
            #expect(try await desk.order(attempt).state == .filled)
            #expect(try await desk.order(ready[0]).state == .ready)
            #expect(
                try await desk.number(
                    "SELECT count(*) FROM audit_log WHERE action = 'BOOK_CONTRADICTS' "
                        + "AND intent_id = $1",
                    [.int(ready[0].intent.raw)]
                ) == 1
            )
            try await desk.expectBalance()
        }
    }
}
