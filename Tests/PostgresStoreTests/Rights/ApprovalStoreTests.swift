import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Approvals in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct ApprovalStoreTests {
    /// A desk whose trades for more than one client wait, with three clients and a second user.
    private func open(_ body: (OrdersDesk, UserID) async throws -> Void) async throws {
        try await OrdersDesk.open { desk in
            _ = try await desk.clients(3)
            let checker = try await desk.number(
                """
                INSERT INTO app_user (email, name, role, trader_id, password_hash)
                VALUES ('c@example.com', 'Checker', 'trader', $1, '') RETURNING id
                """,
                [.int(desk.trader.raw)]
            )
            let limit = ApprovalLimit(clients: 1)
            try await desk.trades.setApprovalLimit(limit, of: desk.trader, by: Actor(user: nil))
            #expect(try await desk.trades.approvalLimit(of: desk.trader) == limit)
            try await body(desk, UserID(checker))
        }
    }

    private func decision(_ task: TaskID, _ isApproved: Bool, _ user: UserID, _ desk: OrdersDesk)
        -> ApprovalDecision
    {
        ApprovalDecision(
            task: task,
            isApproved: isApproved,
            reason: isApproved ? nil : "no",
            user: user,
            address: "192.0.2.1",
            trader: desk.trader
        )
    }

    @Test("A trade that waits has no message and no plan; approved it has both, once")
    func approved() async throws {
        try await open { desk, checker in
            let viewer = Viewer(user: desk.user, trader: desk.trader)
            let task = try await Viewer.$current.withValue(viewer) {
                try await desk.planlessTrade()
            }
            let trade = try #require(try await desk.trades.trade(task))
            #expect(trade.state == .awaitingApproval)
            let outbox = "SELECT count(*) FROM outbox"
            #expect(try await desk.number(outbox) == 0)
            #expect(
                try await desk.trades.plan(task, referencePrice: OrdersDesk.price, marketOpen: true)
                    .isEmpty
            )
            #expect(try await desk.trades.unplanned(for: .zero, limit: 10).isEmpty)
            let waiting = try await desk.trades.waitingApprovals(
                of: desk.trader,
                before: nil,
                limit: 10
            )
            #expect(waiting.map(\.trade.id) == [task] && waiting.first?.size.clients == 3)
            guard
                case .ownTrade = try await desk.trades.decide(
                    decision(task, true, desk.user, desk)
                )
            else { throw Unexpected("the maker approved") }
            // As their own requests: under the policies, and all at once.
            let other = Viewer(user: checker, trader: desk.trader)
            let done = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        try await Viewer.$current.withValue(other) {
                            let outcome = try await desk.trades.decide(
                                decision(task, number % 2 == 0, checker, desk)
                            )
                            guard case .decided = outcome else { return false }
                            return true
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            // All who said the same are told so, and all others that it is over.
            #expect(done == 3)
            let state = try #require(try await desk.trades.trade(task)).state
            #expect([.accepted, .declined].contains(state))
            #expect(try await desk.number(outbox) == (state == .accepted ? 1 : 0))
            let lines = try await desk.number(
                """
                SELECT count(*) FROM audit_log
                WHERE action IN ('BULK_TRADE_APPROVED', 'BULK_TRADE_REJECTED') AND user_id = $1
                """,
                [.int(checker.raw)]
            )
            #expect(lines == 1)
        }
    }

    @Test("An approved trade is planned like any other")
    func planned() async throws {
        try await open { desk, checker in
            let task = try await desk.planlessTrade()
            guard
                case .decided(let trade) = try await desk.trades.decide(
                    decision(task, true, checker, desk)
                )
            else { throw Unexpected("not approved") }
            #expect(trade.state == .accepted)
            let jobs = try await desk.trades.plan(
                task,
                referencePrice: OrdersDesk.price,
                marketOpen: true
            )
            #expect(jobs.count == 3)
        }
    }

    @Test("What nobody decides in time is over, and says so in the log")
    func expired() async throws {
        try await open { desk, checker in
            let task = try await desk.planlessTrade()
            #expect(try await desk.trades.expireApprovals() == 0)
            try await desk.run("UPDATE approval SET expires_at = now()")
            guard
                case .over("expired") = try await desk.trades.decide(
                    decision(task, true, checker, desk)
                )
            else { throw Unexpected("not over") }
            #expect(try await desk.trades.expireApprovals() == 1)
            #expect(try await desk.trades.expireApprovals() == 0)
            #expect(try await desk.trades.trade(task)?.state == .declined)
            let lines = "SELECT count(*) FROM audit_log WHERE action = 'BULK_TRADE_EXPIRED'"
            #expect(try await desk.number(lines) == 1)
            #expect(try await desk.number("SELECT count(*) FROM outbox") == 0)
        }
    }

    @Test("Where there is no limit, or the trade is within it, nothing waits")
    func within() async throws {
        try await open { desk, _ in
            let limits: [(ApprovalLimit, BulkTrade.State)] = [
                (ApprovalLimit(), .accepted), (ApprovalLimit(clients: 3), .accepted),
                (ApprovalLimit(amount: Money(paise: 1)), .awaitingApproval),
            ]
            for (limit, state) in limits {
                try await desk.trades.setApprovalLimit(
                    limit,
                    of: desk.trader,
                    by: Actor(user: nil)
                )
                let task = try await desk.planlessTrade()
                #expect(try await desk.trades.trade(task)?.state == state, "\(limit)")
            }
            let lines = "SELECT count(*) FROM audit_log WHERE action = 'SETTINGS_CHANGED'"
            #expect(try await desk.number(lines) == 4)
        }
    }

    @Test("An exit waits for nobody, however large it is, and the log says so")
    func exits() async throws {
        try await open { desk, _ in
            let terms = desk.terms(.sell)
            let exit = Submission(
                trader: desk.trader,
                user: desk.user,
                idempotencyKey: "exit 1 1",
                bodyHash: [1],
                terms: terms,
                sizing: .part(.whole),
                clients: .all,
                isExit: true
            )
            guard case .created(let trade) = try await desk.trades.submit(exit) else {
                throw Unexpected("not created")
            }
            #expect(trade.state == .accepted)
            #expect(try await desk.number("SELECT count(*) FROM outbox") == 1)
            #expect(try await desk.number("SELECT count(*) FROM approval") == 0)
            // A sale that somebody asks for by hand waits.
            guard
                case .created(let sale) = try await desk.trades.submit(
                    desk.submission(key: "s", terms: terms, sizing: .part(.whole))
                )
            else { throw Unexpected("not created") }
            #expect(sale.state == .awaitingApproval)
            let notes = try await desk.number(
                """
                SELECT count(*) FROM audit_log
                WHERE action = 'BULK_TRADE_SUBMITTED' AND task_id = $1
                  AND detail ->> 'note' LIKE 'above the approval limit%'
                  AND detail ->> 'clients_at_most' = '3'
                """,
                [.int(trade.id.raw)]
            )
            #expect(notes == 1)
        }
    }
}
