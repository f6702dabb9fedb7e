import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct OrdersStreamTests {
    /// What is asked for, as if no order had to rest first.
    private func live(_ desk: OrdersDesk, rest: Duration = .zero, limit: Int = 10) async throws
        -> [AccountID]
    {
        try await desk.orders.liveAccounts(at: [.dhan], resting: rest, limit: limit).map(\.account)
    }

    @Test func accountsWithLiveOrdersAreToldOnceWithTheirSession() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(3)
            var attempts: [Attempt] = []
            for client in clients.prefix(2) {
                attempts.append(try await desk.accepted(client: client))
            }
            _ = try await desk.sending(client: clients[2])
            let found = try await desk.orders.liveAccounts(
                at: [.dhan, .upstox],
                resting: .zero,
                limit: 10
            )
            #expect(found.map(\.account) == attempts.compactMap(\.job.account).sorted())
            #expect(found.map(\.broker) == [.dhan, .dhan])
            #expect(found[0].session.token.reveal() == "token-\(clients[0])")
            #expect(found[0].session.brokerClientID == attempts[0].session.brokerClientID)
            #expect(try await live(desk, rest: .seconds(3_600)).isEmpty)
            #expect(try await live(desk, limit: 1).count == 1)
            let elsewhere = try await desk.orders.liveAccounts(
                at: [.upstox],
                resting: .zero,
                limit: 10
            )
            #expect(elsewhere.isEmpty)
            let jobs = try await desk.orders.liveJobs(of: found.map(\.account))
            #expect(jobs == attempts.map(\.job))
            #expect(try await desk.orders.liveJobs(of: []).isEmpty)
        }
    }

    @Test func endedOrdersAndEndedSessionsNeedNoStream() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(3)
            var attempts: [Attempt] = []
            for client in clients {
                attempts.append(try await desk.accepted(client: client))
            }
            let accounts = attempts.compactMap(\.job.account)
            try await desk.run(
                "UPDATE broker_account SET status = 'expired' WHERE id = $1",
                [.int(accounts[0].raw)]
            )
            try await desk.run(
                "UPDATE broker_account SET session_ends = now() WHERE id = $1",
                [.int(accounts[1].raw)]
            )
            #expect(try await live(desk) == [accounts[2]])
            let report = desk.report(attempts[2], .cancelled, filled: 0)
            try await desk.orders.apply([
                BookedOrder(intent: attempts[2].job.intent, report: report, trades: [])
            ])
            #expect(try await live(desk).isEmpty)
            #expect(try await desk.orders.liveJobs(of: [accounts[2]]).isEmpty)
        }
    }
}
