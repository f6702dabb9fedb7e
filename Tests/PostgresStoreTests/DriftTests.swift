import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite(.needs(.postgres)) struct DriftTests {
    private static let longAgo = Timestamp(microseconds: 0)

    private func only(_ desk: OrdersDesk) async throws -> ComparedAccount {
        let accounts = try await desk.orders.accountsToCompare(since: Self.longAgo)
        #expect(accounts.count == 1)
        return try #require(accounts.first)
    }

    private func rows(_ desk: OrdersDesk, isOpen: Bool? = nil, kind: DriftKind? = nil)
        async throws -> [StoredDrift]
    {
        try await desk.orders.drifts(
            DriftQuery(
                trader: nil,
                client: nil,
                isOpen: isOpen,
                kind: kind,
                before: nil,
                limit: 99
            )
        )
    }

    private static func drift(
        _ kind: DriftKind,
        _ subject: String,
        _ filled: Int64? = 3
    ) -> Drift {
        Drift(
            kind: kind,
            subject: subject,
            intent: IntentID(5),
            ours: BookSide(
                state: "OPEN",
                quantity: Quantity(10),
                filled: filled.map { Quantity($0) }
            ),
            theirs: kind == .missingAtBroker
                ? nil : BookSide(state: "filled", quantity: Quantity(10), filled: Quantity(10))
        )
    }

    @Test func accountsWithOrdersOfTheDayOpenOrdersOrOpenDifferencesAreCompared() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(4)
            _ = try await desk.clients(1, broker: nil)
            let today = try await desk.accepted(client: clients[0])
            let earlier = try await desk.accepted(client: clients[1])
            let settled = try await desk.accepted(client: clients[2])
            try await desk.apply(settled, .cancelled, filled: 0)
            let yesterday = [earlier, settled].map(\.job.task.raw)
            try await desk.run(
                "UPDATE bulk_task SET accepted_at = now() - interval '1 day' WHERE id = ANY ($1)",
                [.ints(yesterday)]
            )
            let hourAgo = Timestamp(
                microseconds: try await desk.number(
                    "SELECT ((extract(epoch FROM now()) - 3600) * 1000000)::bigint"
                )
            )
            let found = try await desk.orders.accountsToCompare(since: hourAgo)
            #expect(found.map(\.account) == [today, earlier].compactMap(\.job.account))
            #expect(found.allSatisfy { $0.broker == .dhan && $0.trader == desk.trader })

            let all = try await desk.orders.accountsToCompare(since: Self.longAgo)
            let third = try #require(all.first { $0.client == clients[2] })
            _ = try await desk.orders.store([Self.drift(.externalOrder, "X")], of: third)
            let more = try await desk.orders.accountsToCompare(since: hourAgo)
            #expect(more.map(\.client) == Array(clients.prefix(3)))

            // Of an earlier day only what is open still is compared.
            let old = try await desk.orders.ourBook(of: found[1], since: hourAgo)
            #expect(old.attempts.map(\.intent) == [earlier.job.intent])
            #expect(try await desk.orders.ourBook(of: third, since: hourAgo).attempts.isEmpty)
        }
    }

    @Test func ourBookTellsEachAttemptAndTheClientsShares() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            let first = try await desk.sending(client: client)
            _ = try await desk.record(first, .unanswered(cause: "timeout", words: nil))
            let doubt = try #require(try await desk.orders.doubts([first.job.intent]).first)
            let absent = DoubtFinding(doubt: doubt, result: .absentProven(.resend))
            try await desk.orders.resolve([absent])
            let trade = try #require(try await desk.trades.trade(first.job.task))
            let second = try #require(try await desk.attempts([first.job], of: trade).first)
            #expect(try await desk.record(second, .accepted(brokerOrderID: "B2")))
            try await desk.give(client, shares: 4, cost: 400)
            let account = try await only(desk)
            let book = try await desk.orders.ourBook(of: account, since: Self.longAgo)
            #expect(book.attempts.map(\.reference) == [first.reference, second.reference])
            #expect(book.attempts.map(\.isDead) == [true, false])
            #expect(book.attempts.map(\.isLatest) == [false, true])
            #expect(book.attempts.map(\.brokerOrderID) == [nil, "B2"])
            #expect(book.attempts.allSatisfy { $0.state == .accepted && $0.task == trade.id })
            #expect(book.attempts.allSatisfy { $0.age >= .zero && $0.age < .seconds(600) })
            #expect(book.shares == ["RELIANCE": Quantity(4)])
            #expect(BrokerReference.isMade(second.reference, with: book.mark))
            // With a second account the shares may lie in either.
            try await desk.run("UPDATE broker_account SET status = 'disconnected'")
            try await desk.connect([client], to: .upstox)
            let two = try await desk.orders.ourBook(of: account, since: Self.longAgo)
            #expect(two.shares?.isEmpty != false)
        }
    }

    @Test func aDifferenceIsOpenedOnceBroughtUpToDateAndClosed() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            _ = try await desk.accepted(client: client)
            let account = try await only(desk)
            let first = [
                Self.drift(.filledDiffers, "B1"), Self.drift(.missingAtBroker, "B2"),
                Self.drift(.filledDiffers, "B1"),
            ]
            #expect(try await desk.orders.store(first, of: account).count == 2)
            #expect(try await desk.orders.store(first, of: account).isEmpty)
            let open = try await rows(desk, isOpen: true)
            #expect(open.count == 2 && open.allSatisfy { $0.timesSeen == 2 })
            let missing = try #require(try await rows(desk, kind: .missingAtBroker).first)
            #expect(missing.drift == Self.drift(.missingAtBroker, "B2"))
            #expect(missing.account == account && missing.closedAt == nil)

            let moved = [Self.drift(.filledDiffers, "B1", 7)]
            #expect(try await desk.orders.store(moved, of: account).isEmpty)
            #expect(try await rows(desk, isOpen: true).map(\.drift) == moved)
            #expect(try await rows(desk, isOpen: false).map(\.drift.subject) == ["B2"])
            #expect(try await desk.orders.openDrifts() == [.filledDiffers: 1])

            #expect(try await desk.orders.store([], of: account).isEmpty)
            #expect(try await rows(desk, isOpen: true).isEmpty)
            // Seen again, it is a new one.
            #expect(try await desk.orders.store(moved, of: account).count == 1)
            #expect(try await rows(desk).count == 3)
        }
    }

    @Test func pagesAndFiltersFindTheirRows() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            for client in clients { _ = try await desk.accepted(client: client) }
            let accounts = try await desk.orders.accountsToCompare(since: Self.longAgo)
            for account in accounts {
                let drifts = (0..<3).map { Self.drift(.externalOrder, "X\($0)", nil) }
                _ = try await desk.orders.store(drifts, of: account)
            }
            func ask(_ trader: TraderID?, _ client: ClientID?, _ before: Int64?, _ limit: Int)
                async throws -> [StoredDrift]
            {
                try await desk.orders.drifts(
                    DriftQuery(
                        trader: trader,
                        client: client,
                        isOpen: true,
                        kind: .externalOrder,
                        before: before,
                        limit: limit
                    )
                )
            }
            let page = try await ask(desk.trader, nil, nil, 4)
            let rest = try await ask(desk.trader, nil, page.last?.id, 4)
            #expect(page.count == 4 && rest.count == 2)
            #expect(Set((page + rest).map(\.id)).count == 6)
            #expect(try await ask(nil, clients[1], nil, 99).count == 3)
            #expect(try await ask(TraderID(999), nil, nil, 99).isEmpty)
        }
    }
}
