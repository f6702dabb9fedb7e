import Desk
import Postgres
import ServerTesting
import Testing
import Trading

@testable import PostgresStore

@Suite("Repairs and undoings in PostgreSQL", .needs(.postgres), .timeLimit(.minutes(5)))
struct RepairTests {
    private func store(_ desk: OrdersDesk) -> PostgresRepairStore {
        PostgresRepairStore(pool: desk.pool, brokers: [.dhan, .upstox, .paper])
    }

    private func request(_ desk: OrdersDesk, _ task: TaskID, key: String) -> RepairRequest {
        RepairRequest(
            task: task,
            trader: desk.trader,
            user: desk.user,
            idempotencyKey: key,
            bodyHash: Array("\(task)".utf8),
            marketOpen: true
        )
    }

    /// Repairs, and expects that there is something to.
    private func repair(_ desk: OrdersDesk, _ task: TaskID, key: String = "r") async throws
        -> BulkTrade
    {
        let repaired = try await store(desk).repair(request(desk, task, key: key))
        switch repaired {
        case .created(let made, _): return made
        case .repeated, .conflict, .nothing, .undone: throw Unexpected("\(repaired)")
        }
    }

    /// What becomes of asking for a repair, in a word.
    private func word(_ desk: OrdersDesk, _ task: TaskID, key: String) async throws -> String {
        switch try await store(desk).repair(request(desk, task, key: key)) {
        case .created(_, let orders): "created \(orders)"
        case .repeated(let trade): "repeated \(trade.id)"
        case .conflict(let task): "conflict \(task)"
        case .nothing: "nothing"
        case .undone: "undone"
        }
    }

    /// What becomes of confirming an undoing, in a word.
    private func confirmed(_ desk: OrdersDesk, _ asked: UndoRequest) async throws -> String {
        switch try await store(desk).confirmUndo(asked) {
        case .created: "created"
        case .repeated(let trade): "repeated \(trade.id)"
        case .notSettled: "not settled"
        }
    }

    /// A trade in which each order came to another end: one row of a client for each.
    private func scattered(_ desk: OrdersDesk) async throws -> (TaskID, [RepairVerdict: ClientID]) {
        let clients = try await desk.clients(7)
        let (trade, jobs) = try await desk.planned(clients: .named(clients))
        let attempts = try await desk.attempts(Array(jobs.prefix(5)), of: trade)
        #expect(try await desk.record(attempts[0], .accepted(brokerOrderID: "B")))
        #expect(try await desk.record(attempts[1], .refused(.brokerRefused, words: "margin")))
        #expect(try await desk.record(attempts[2], .unanswered(cause: "timeout", words: nil)))
        #expect(try await desk.record(attempts[3], .withheld(.haltedAll)))
        _ = try await desk.cancel(.order(jobs[5].intent))
        // The fifth is SENDING, the sixth withdrawn, the seventh READY; and one is decided by hand.
        #expect(try await desk.record(attempts[4], .unanswered(cause: "cut", words: nil)))
        _ = try await desk.orders.decide(
            OrderDecision(
                intent: attempts[4].job.intent,
                verdict: .notPlaced,
                reason: "asked the desk"
            ),
            by: Actor(user: desk.user)
        )
        return (
            trade.id,
            [
                .placed: clients[0], .place: clients[1], .unknown: clients[2],
                .withdrawn: clients[5], .pending: clients[6], .decided: clients[4],
            ]
        )
    }

    @Test("A repair takes what is proven not placed, and nothing else; never what is UNKNOWN")
    func verdicts() async throws {
        try await OrdersDesk.open { desk in
            let (task, clients) = try await scattered(desk)
            let rows = try await store(desk).repairRows(of: task, marketOpen: true)
            for (verdict, client) in clients {
                #expect(rows.first { $0.client == client }?.verdict == verdict, "\(verdict)")
            }
            // Withheld by a halt that is gone.
            #expect(rows.count { $0.verdict == .place } == 2)
            let made = try await repair(desk, task)
            #expect(made.links.repairs == task)
            let placing = rows.filter { $0.verdict == .place }.map(\.client)
            #expect(made.clients == .named(placing))
            let jobs = try await desk.trades.plan(
                made.id,
                referencePrice: OrdersDesk.price,
                marketOpen: true
            )
            #expect(jobs.count == 2)
            _ = try await desk.attempts(jobs, of: made)
            let after = try await store(desk).repairRows(of: task, marketOpen: true)
            #expect(after.count { $0.verdict == .repaired } == 2)
            #expect(
                after.filter { $0.verdict == .repaired }.allSatisfy { $0.repairedBy == made.id }
            )
            #expect(
                try await desk.number(
                    "SELECT count(*) FROM audit_log WHERE action = 'BULK_TRADE_REPAIRED'"
                ) == 1
            )
            try await desk.expectBalance()
        }
    }

    @Test("The same key repairs once; another key finds nothing left; another body is refused")
    func once() async throws {
        try await OrdersDesk.open { desk in
            let (task, _) = try await scattered(desk)
            let first = try await repair(desk, task)
            #expect(try await word(desk, task, key: "r") == "repeated \(first.id)")
            #expect(try await word(desk, task, key: "s") == "nothing")
            let other = try await desk.planned(clients: .named(try await desk.clients(1)))
            #expect(try await word(desk, other.trade.id, key: "r") == "conflict \(first.id)")
        }
    }

    @Test("Of many repairs at once each order is taken by one")
    func atOnce() async throws {
        try await OrdersDesk.open(connections: 8) { desk in
            let clients = try await desk.clients(20)
            let (trade, jobs) = try await desk.planned(clients: .named(clients))
            for attempt in try await desk.attempts(jobs, of: trade) {
                #expect(try await desk.record(attempt, .refused(.brokerRefused, words: "")))
            }
            let words = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<8 {
                    group.addTask { try await word(desk, trade.id, key: "k\(number)") }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(words.sorted() == ["created 20"] + Array(repeating: "nothing", count: 7))
            #expect(try await desk.number("SELECT count(*) FROM task_repair") == 20)
        }
    }

    @Test("What still stands in the way is named, and taken once it is gone")
    func hindrances() async throws {
        try await OrdersDesk.open { desk in
            let client = try await desk.clients(1)[0]
            try await desk.run(
                "INSERT INTO halt (scope, subject, why) VALUES ('everything','','x')"
            )
            let (trade, _) = try await desk.planned(clients: .named([client]))
            let repairs = store(desk)
            let hindered = try await repairs.repairRows(of: trade.id, marketOpen: true)
            #expect(hindered.map(\.verdict) == [.stillHindered])
            #expect(hindered.map(\.hindrance) == [.haltedAll])
            #expect(try await word(desk, trade.id, key: "r") == "nothing")
            try await desk.run("DELETE FROM halt")
            let closed = try await repairs.repairRows(of: trade.id, marketOpen: false)
            #expect(closed.map(\.hindrance) == [.marketClosed])
            #expect(
                try await repairs.repairRows(of: trade.id, marketOpen: true).map(\.verdict)
                    == [.place]
            )
            #expect(try await word(desk, trade.id, key: "r") == "created 1")
        }
    }

    @Test(
        "An undoing waits for the last order, and its reverse orders are for each client's own shares"
    )
    func undo() async throws {
        try await OrdersDesk.open { desk in
            let clients = try await desk.clients(2)
            let (trade, jobs) = try await desk.planned(clients: .named(clients))
            let attempts = try await desk.attempts(jobs, of: trade)
            for attempt in attempts {
                #expect(
                    try await desk.record(
                        attempt,
                        .accepted(brokerOrderID: "B\(attempt.job.intent)")
                    )
                )
            }
            let repairs = store(desk)
            let (head, _) = try await desk.cancel(.task(trade.id))
            let record = try await repairs.beginUndo(
                of: trade.id,
                cancellation: head.id,
                by: Actor(user: desk.user)
            )
            #expect(record.undoTask == nil)
            let asked = UndoRequest(
                trade: trade,
                user: desk.user,
                quantities: [(clients[0], Quantity(10)), (clients[1], Quantity(4))]
            )
            // Both are at the broker still.
            #expect(try await confirmed(desk, asked) == "not settled")
            try await desk.apply(
                attempts[0],
                .filled,
                filled: 10,
                [desk.trade(attempts[0], "T0", 10)]
            )
            try await desk.apply(
                attempts[1],
                .cancelled,
                filled: 4,
                [desk.trade(attempts[1], "T1", 4)]
            )
            _ = try await desk.trades.complete([trade.id])
            #expect(try await confirmed(desk, asked) == "created")
            let undone = try await repairs.undo(of: trade.id)
            let number = try #require(undone?.undoTask)
            let made = try #require(try await desk.trades.trade(number))
            #expect(made.terms.side == .sell && made.terms.type == .market)
            #expect(made.sizing == .listed && made.links.undoes == trade.id)
            #expect(try await confirmed(desk, asked) == "repeated \(made.id)")
            let reverse = try await desk.trades.plan(
                made.id,
                referencePrice: OrdersDesk.price,
                marketOpen: true
            )
            let sales = try await desk.attempts(reverse, of: made)
            #expect(sales.map(\.quantity) == [Quantity(10), Quantity(4)])
            // What is being undone is not repaired.
            #expect(try await word(desk, trade.id, key: "r") == "undone")
            try await desk.expectBalance()
        }
    }
}
