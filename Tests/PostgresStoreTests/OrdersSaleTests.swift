import Desk
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OrdersSaleTests {
    @Test func aSaleWithGainBringsProceedsAndGain() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 10, cost: 2_000_000)
            let terms = desk.terms(.sell)
            let attempt = try await desk.accepted(
                .quantity(Quantity(6)),
                terms: terms,
                client: client
            )
            #expect(attempt.quantity == Quantity(6))
            #expect(try await desk.holding(client).reserved == Quantity(6))
            #expect(try await desk.funds(client).held == .zero)
            try await desk.expectBalance()

            let fill = desk.traded(attempt, "T1", 6, 24_500_000)
            try await desk.apply(attempt, .filled, filled: 6, [fill])
            #expect(
                try await desk.holding(client)
                    == Holding(quantity: Quantity(4), cost: .rupees("8000.00"))
            )
            #expect(
                try await desk.funds(client)
                    == Funds(
                        available: .rupees("94700.00"),
                        invested: .rupees("8000.00"),
                        deposited: .rupees("100000.00"),
                        realisedGain: .rupees("2700.00")
                    )
            )
            try await desk.expectBalance()
        }
    }

    @Test func aSaleWithLossLeavesTheLossOnTheBooks() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 10, cost: 3_000_000)
            let attempt = try await desk.accepted(terms: desk.terms(.sell), client: client)
            let fill = desk.traded(attempt, "T1", 10, 24_500_000)
            try await desk.apply(attempt, .filled, filled: 10, [fill])
            #expect(
                try await desk.funds(client)
                    == Funds(
                        available: .rupees("94500.00"),
                        realisedLoss: .rupees("5500.00"),
                        deposited: .rupees("100000.00")
                    )
            )
            try await desk.expectBalance()
        }
    }

    @Test func aRefusedSaleGivesItsSharesBack() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 10, cost: 2_000_000)
            let attempt = try await desk.sending(terms: desk.terms(.sell), client: client)
            #expect(try await desk.record(attempt, .refused(.brokerRefused, words: "no")))
            #expect(try await desk.holding(client).reserved == .zero)
            #expect(try await desk.holding(client).free == Quantity(10))
            try await desk.expectBalance()
        }
    }

    @Test func twoSalesOfOneClientInOneBatchNeverPromiseTheSameShares() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 15, cost: 2_000_000)
            let terms = desk.terms(.sell)
            let first = try await desk.planned(terms: terms, clients: .named([client]))
            let second = try await desk.planned(terms: terms, clients: .named([client]))
            let claims = try await desk.orders.claim(
                desk.requests(first.jobs, of: first.trade)
                    + desk.requests(second.jobs, of: second.trade),
                lease: OrdersDesk.lease
            )
            let sent = claims.map { claim in
                if case .send(let attempt) = claim { attempt.quantity.raw } else { Int64(0) }
            }
            #expect(sent == [10, 5])
            #expect(try await desk.holding(client).free == .zero)
            try await desk.expectBalance()
        }
    }

    @Test func aLateSaleTakesFreeSharesFirst() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 10, cost: 2_000_000)
            let attempt = try await desk.accepted(terms: desk.terms(.sell), client: client)
            try await desk.apply(attempt, .cancelled, filled: 0)
            #expect(try await desk.holding(client).reserved == .zero)

            let late = desk.traded(attempt, "T1", 10, 20_000_000)
            try await desk.apply(attempt, .filled, filled: 10, [late])
            #expect(try await desk.order(attempt).state == .filled)
            #expect(try await desk.holding(client) == Holding())
            #expect(try await desk.funds(client).available == .rupees("100000.00"))
            try await desk.expectBalance()
        }
    }

    @Test func aSaleBeyondWhatIsHeldIsRecordedWithAnAlertAndMovesNoMoneyForIt() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.give(client, shares: 4, cost: 800_000)
            let attempt = try await desk.accepted(terms: desk.terms(.sell), client: client)
            #expect(attempt.quantity == Quantity(4))

            let fill = desk.traded(attempt, "T1", 10, 20_000_000)
            try await desk.apply(attempt, .filled, filled: 10, [fill])
            #expect(try await desk.order(attempt).filled == Quantity(10))
            #expect(try await desk.holding(client) == Holding())
            #expect(try await desk.funds(client).available == .rupees("100000.00"))
            #expect(
                try await desk.audit(attempt).contains(
                    "FILL_BEYOND_HOLDING: 6 of RELIANCE x10 @ ₹2,000 sold "
                        + "that our books do not hold"
                )
            )
            try await desk.expectBalance()
        }
    }
}
