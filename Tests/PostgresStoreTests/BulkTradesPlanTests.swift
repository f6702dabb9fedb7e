import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct BulkTradesPlanTests {
    private func reasons(_ desk: OrdersDesk, _ trade: BulkTrade) async throws
        -> [ClientID: Reason]
    {
        let page = ResultPage(after: nil, limit: 1_000, states: [.skipped], client: nil)
        let rows = try await desk.trades.results(trade.id, page)
        return Dictionary(
            uniqueKeysWithValues: rows.map { ($0.intent.client, $0.intent.reason ?? .noPrice) }
        )
    }

    @Test func everyClientIsReadyOrSkippedForItsOwnReason() async throws {
        try await OrdersDesk.open { desk in
            let ready = try await desk.clients(1)[0]
            let paper = try await desk.clients(1, broker: nil)[0]
            let inactive = try await desk.clients(1, status: .inactive)[0]
            let pending = try await desk.clients(1, status: .pending)[0]
            let archived = try await desk.clients(1, status: .archived)[0]
            let expired = try await desk.clients(1)[0]
            let past = try await desk.clients(1)[0]
            let gone = try await desk.clients(1)[0]
            let unsupported = try await desk.clients(1, broker: .groww)[0]
            let unlisted = try await desk.clients(1, broker: .upstox)[0]
            let halted = try await desk.clients(1)[0]
            try await desk.run(
                "UPDATE broker_account SET status = 'expired' WHERE client_id = $1",
                [.int(expired.raw)]
            )
            try await desk.run(
                "UPDATE broker_account SET session_ends = now() WHERE client_id = $1",
                [.int(past.raw)]
            )
            try await desk.run(
                """
                UPDATE broker_account SET status = 'disconnected', token = NULL
                WHERE client_id = $1
                """,
                [.int(gone.raw)]
            )
            try await desk.run(
                "INSERT INTO halt (scope, subject, why) VALUES ('client', $1, 'x')",
                [.text("\(halted)")]
            )

            let (all, jobs) = try await desk.planned()
            #expect(jobs.map(\.broker) == [.dhan, .paper])
            let expected: [ClientID: Reason] = [
                inactive: .clientInactive, pending: .clientPending, expired: .sessionExpired,
                past: .sessionExpired, gone: .noSession, unsupported: .brokerNotSupported,
                unlisted: .noInstrumentAtBroker, halted: .haltedClient,
            ]
            #expect(try await reasons(desk, all) == expected)

            let named = try await desk.planned(clients: .named([ready, paper, archived]))
            #expect(named.jobs.count == 2)
            #expect(try await reasons(desk, named.trade) == [archived: .clientArchived])
        }
    }

    @Test func aPlanThatIsRepeatedChangesNothing() async throws {
        try await OrdersDesk.open { desk in
            _ = try await desk.clients(5)
            let (trade, jobs) = try await desk.planned()
            let later = try await desk.clients(1)
            let again = try await desk.trades.plan(
                trade.id,
                referencePrice: Price(raw: 1),
                marketOpen: false
            )
            #expect(again == jobs && jobs.count == 5 && later.count == 1)
            #expect(try await desk.trades.trade(trade.id) == trade)

            _ = try await desk.attempts([jobs[0], jobs[1]], of: trade)
            let rest = try await desk.trades.plan(trade.id, referencePrice: nil, marketOpen: true)
            #expect(rest == Array(jobs[2...]))
        }
    }

    @Test func twoPlannersAtOnceMakeOnePlan() async throws {
        try await OrdersDesk.open { desk in
            _ = try await desk.clients(50)
            guard case .created(let trade) = try await desk.trades.submit(desk.submission(key: "k"))
            else { throw Unexpected("not created") }
            let plans = try await withThrowingTaskGroup(of: [OrderJob].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await desk.trades.plan(
                            trade.id,
                            referencePrice: OrdersDesk.price,
                            marketOpen: true
                        )
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(plans.allSatisfy { $0 == plans[0] } && plans[0].count == 50)
            #expect(try await desk.number("SELECT count(*) FROM order_intent") == 50)
        }
    }

    @Test func aClosedMarketSkipsAllAndTheTradeIsComplete() async throws {
        try await OrdersDesk.open { desk in
            _ = try await desk.clients(3)
            guard case .created(let trade) = try await desk.trades.submit(desk.submission(key: "k"))
            else { throw Unexpected("not created") }
            #expect(try await desk.trades.complete([trade.id]).isEmpty)
            let jobs = try await desk.trades.plan(trade.id, referencePrice: nil, marketOpen: false)
            #expect(jobs.isEmpty)
            let progress = try #require(try await desk.trades.progress(trade.id))
            #expect(progress.counts == [.skipped: 3] && progress.state == .running)
            #expect(try await desk.trades.unfinished(limit: 10) == [trade.id])
            #expect(try await desk.trades.complete([trade.id]) == [trade.id])
            #expect(try await desk.trades.unfinished(limit: 10).isEmpty)
            #expect(try await desk.trades.trade(trade.id)?.state == .complete)
        }
    }

    @Test func progressAndResultsTellWhatBecameOfEachClient() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(4)
            let (trade, jobs) = try await desk.planned()
            #expect(try await desk.trades.unfinished(limit: 10).isEmpty)
            let attempts = try await desk.attempts(Array(jobs.prefix(3)), of: trade)
            #expect(try await desk.record(attempts[0], .accepted(brokerOrderID: "B1")))
            #expect(try await desk.record(attempts[1], .refused(.brokerRefused, words: "no")))
            let report = desk.report(attempts[0], .filled, filled: 10, brokerOrderID: "B1")
            let fill = desk.traded(attempts[0], "T1", 10, 24_500_000)
            try await desk.orders.apply([
                BookedOrder(intent: jobs[0].intent, report: report, trades: [fill])
            ])
            let progress = try #require(try await desk.trades.progress(trade.id))
            #expect(
                progress.counts == [.filled: 1, .rejected: 1, .sending: 1, .ready: 1]
            )
            #expect(progress.filledQuantity == 10)
            #expect(progress.filledValue == .rupees("24500.00"))

            let first = try await desk.trades.results(
                trade.id,
                ResultPage(after: nil, limit: 3, states: [], client: nil)
            )
            #expect(first.map(\.intent.client) == Array(clients.prefix(3)))
            let next = try await desk.trades.results(
                trade.id,
                ResultPage(after: first[2].intent.id, limit: 3, states: [], client: nil)
            )
            #expect(next.map(\.intent.client) == [clients[3]])
            let some = try await desk.trades.results(
                trade.id,
                ResultPage(after: nil, limit: 9, states: [.filled, .rejected], client: nil)
            )
            #expect(some.map(\.intent.state) == [.filled, .rejected])
            let one = try await desk.trades.results(
                trade.id,
                ResultPage(after: nil, limit: 9, states: [], client: clients[2])
            )
            #expect(one.map(\.intent.state) == [.sending])
            #expect(try await desk.trades.progress(ID(999_999)) == nil)
        }
    }

    @Test func aFresherReferencePriceIsKept() async throws {
        try await OrdersDesk.open { desk in
            let (trade, _) = try await desk.planned()
            try await desk.trades.refreshReference(trade.id, price: Price(raw: 24_600_000))
            let seen = try await desk.trades.trade(trade.id)?.referencePrice
            #expect(seen == Price(raw: 24_600_000))
        }
    }
}
