import Foundation
import JSON
import ServerTesting
import StackTesting
import Testing

/// Processes that are killed between two steps of a repair, an undo, an approval, a basket or an
/// exit: whoever asks again, with the same key, finds the same thing; nothing is placed twice.
@Suite(
    "Crashes of repairs, undoings, approvals, baskets and exits",
    .needs(.postgres),
    .needs(.rabbitMQ),
    .needs(.redis),
    .timeLimit(.minutes(10))
)
struct TakeBackCrashTests {
    private static let submitSteps = ["before-commit", "after-commit", "after-publish"]

    @Test("A repair finds its trade again, and repairs each order once")
    func repair() async throws {
        try await CrashRun.with(.kill) { run in
            let stack = run.stack
            try await run.startAll()
            for step in Self.submitSteps {
                try await stack.startAPI()
                try await stack.run(["halt", "trader", "--why", "drill"])
                let task = try await run.trade("SBIN", "--quantity", "2")
                try await stack.run(["resume", "trader"])
                let repair = ["repair", "\(task)", "--key", step]
                let made = try await run.killAPI(at: "repair-submit." + step, repair)
                let again = try await stack.json(repair + ["--watch"])["task_id"]?.int64
                #expect(made == nil || made == again)
                #expect(
                    try await stack.count(
                        "SELECT count(*) FROM bulk_task WHERE repairs_task_id = \(task)"
                    ) == 1
                )
                // With another key nothing is left to repair.
                try await stack.run(["repair", "\(task)"], expecting: 3)
            }
            try await run.expectEachPlacedOnce()
            try await run.settle()
        }
    }

    @Test("An undo goes on where it was left, and its reverse orders are placed once")
    func undo() async throws {
        try await CrashRun.with(.kill) { run in
            let stack = run.stack
            try await run.startAll()
            let steps =
                ["undo.before-note", "undo.after-note"]
                + Self.submitSteps.map { "undo-confirm." + $0 }
            for step in steps {
                try await stack.startAPI()
                let task = try await run.trade("SBIN", "--quantity", "3")
                try await stack.waitForFills()
                let ask = ["undo", "\(task)"]
                if step.hasPrefix("undo.") { _ = try await run.killAPI(at: step, ask) }
                let offer = try await stack.json(ask + ["--watch"])
                #expect(offer["state"]?.string == "READY", "\(step): \(offer)")
                let confirm = ask + ["--confirm", try #require(offer["preflight"]?.string)]
                if step.hasPrefix("undo-confirm.") {
                    _ = try await run.killAPI(at: step, confirm)
                }
                let first = try await stack.json(confirm + ["--watch"])["task_id"]?.int64
                let second = try await stack.json(confirm)["task_id"]?.int64
                #expect(first == second)
                try await stack.waitForFills()
                #expect(
                    try await stack.count(
                        "SELECT count(*) FROM bulk_task WHERE undoes_task_id = \(task)"
                    ) == 1
                )
                #expect(
                    try await stack.count(
                        "SELECT coalesce(sum(quantity), 0)::bigint FROM holding"
                    ) == 0,
                    "\(step)"
                )
                #expect(
                    try await stack.count(
                        """
                        SELECT count(*) FROM cancellation
                        WHERE task_id = \(task) AND idempotency_key = 'undo \(task)'
                        """
                    ) == 1
                )
            }
            try await run.expectEachPlacedOnce()
            try await run.settle()
        }
    }

    @Test("An approval that was committed is carried out; one that was not can be given again")
    func approval() async throws {
        try await CrashRun.with(.kill) { run in
            let stack = run.stack
            try await run.startAll()
            let approver = (email: "approver@example.com", password: "words-for-tests-7")
            try await stack.run(
                ["admin", "create-user", "--email", approver.email, "--role", "admin"],
                input: approver.password + "\n"
            )
            stack.set("VOLLEY_ADMIN_EMAIL", approver.email)
            stack.set("VOLLEY_ADMIN_PASSWORD", approver.password)
            _ = try await stack.count(
                "WITH l AS (UPDATE trader SET approval_clients = 0 RETURNING 1) "
                    + "SELECT count(*) FROM l"
            )
            for step in Self.submitSteps {
                try await stack.startAPI()
                let asked = try await stack.json(["submit", "SBIN", "buy", "--quantity", "1"])
                let task = try #require(asked["task_id"]?.int64)
                let approve = ["approvals", "approve", "\(task)", "--admin"]
                _ = try await run.killAPI(at: "approve." + step, approve)
                // Given again, it is the same approval.
                try await stack.run(approve)
                try await stack.waitForEnd(of: task)
                #expect(
                    try await stack.count(
                        """
                        SELECT count(*) FROM audit_log
                        WHERE task_id = \(task) AND action = 'BULK_TRADE_APPROVED'
                        """
                    ) == 1
                )
                #expect(
                    try await stack.count(
                        """
                        SELECT count(*) FROM order_intent
                        WHERE task_id = \(task) AND attempts = 1
                        """
                    ) == Int64(CrashRun.clients)
                )
            }
            try await run.expectEachPlacedOnce()
            try await run.settle()
        }
    }

    @Test("A basket is found by its key with all its legs, and its purchases are released once")
    func basket() async throws {
        try await CrashRun.with(.kill) { run in
            let stack = run.stack
            try await run.startAll()
            let file = stack.folder.appendingPathComponent("legs.csv")
            try "symbol,side,percent\nITC,buy,8\nSBIN,sell,100\n"
                .write(to: file, atomically: true, encoding: .utf8)
            let steps =
                Self.submitSteps.map { "basket-submit." + $0 }
                + ["release.before-publish", "release.after-publish"]
            for step in steps {
                try await stack.startAPI()
                _ = try await run.trade("SBIN", "--quantity", "3")
                try await stack.waitForFills()
                let basket = [
                    "basket", "--file", file.path, "--sequence", "sells_first", "--key", step,
                ]
                var keeper: RoleProcess?
                if step.hasPrefix("release.") {
                    // The scheduler that releases is the one that is struck.
                    try await run.stopScheduler()
                    keeper = try stack.start("scheduler", failpoint: run.failpoint(step))
                } else {
                    _ = try await run.killAPI(at: step, basket)
                }
                let made = try await stack.json(basket)["basket_id"]?.int64
                if let keeper {
                    try await run.waitForBlow(on: keeper)
                    try run.startScheduler()
                }
                let again = try await stack.json(basket + ["--watch"])
                #expect(again["basket_id"]?.int64 == made)
                try await stack.waitForFills()
                let id = try #require(made)
                #expect(
                    try await stack.count(
                        "SELECT count(*) FROM bulk_task WHERE basket_id = \(id)"
                    ) == 2
                )
                #expect(
                    try await stack.count(
                        """
                        SELECT count(*) FROM order_intent i JOIN bulk_task t ON t.id = i.task_id
                        WHERE t.basket_id = \(id) AND i.attempts = 1
                        """
                    ) == Int64(2 * CrashRun.clients),
                    "\(step)"
                )
            }
            try await run.expectEachPlacedOnce()
            try await run.settle()
        }
    }

    @Test(
        "An exit is found by its key, and whoever dies on the way, sells all, once, and knows of it"
    )
    func exits() async throws {
        try await CrashRun.with(.kill) { run in
            let stack = run.stack
            try await run.startAll()
            let steps = [
                "exit-submit.before-commit", "exit-submit.after-commit",
                "exit.before-note-of-cancel", "exit.after-sale", "exit.before-note",
                "exit.before-complete",
            ]
            for step in steps {
                try await stack.startAPI()
                for symbol in ["SBIN", "ITC"] { _ = try await run.trade(symbol, "--quantity", "2") }
                try await stack.waitForFills()
                let exit = ["exit", "trader", "--key", step]
                if step.hasPrefix("exit-submit.") || step.hasSuffix("of-cancel") {
                    _ = try await run.killAPI(at: step, exit)
                    _ = try await stack.json(exit)
                } else {
                    try await run.stopScheduler()
                    let keeper = try stack.start("scheduler", failpoint: run.failpoint(step))
                    _ = try await stack.json(exit)
                    try await run.waitForBlow(on: keeper)
                    // Meanwhile what was submitted is planned and sent: it is not free any more.
                    try await eventually {
                        try await stack.count(
                            """
                            SELECT count(*) FROM bulk_task t WHERE t.side = 'SELL' AND (
                                t.planned_at IS NULL OR EXISTS (
                                    SELECT FROM order_intent i
                                    WHERE i.task_id = t.id AND i.state IN ('READY', 'SENDING')
                                )
                            )
                            """
                        ) == 0
                    }
                    try run.startScheduler()
                }
                let done = try await stack.json(exit + ["--watch"])
                #expect(done["state"]?.string == "COMPLETE")
                let sales = done["sales"]?.array ?? []
                #expect(
                    Set(sales.compactMap { $0["symbol"]?.string }) == ["SBIN", "ITC"],
                    "\(step): \(done)"
                )
                #expect(sales.count == 2)
                try await stack.waitForFills()
                #expect(
                    try await stack.count("SELECT sum(quantity)::bigint FROM holding") == 0,
                    "\(step)"
                )
            }
            #expect(
                try await stack.count("SELECT count(*) FROM position_exit") == Int64(steps.count)
            )
            try await run.expectEachPlacedOnce()
            try await run.settle()
        }
    }
}

extension CrashRun {
    fileprivate static let clients = 10

    /// All roles, the scheduler by itself, since it is struck too; nine clients at the simulated
    /// broker, and one on paper.
    fileprivate func startAll() async throws {
        for role in ["worker", "relay"] { try stack.start(role) }
        try startScheduler()
        try await stack.startAPI()
        try await stack.run(
            ["demo", "load", "--clients", "\(Self.clients)", "--brokers", "dhan"]
        )
    }

    fileprivate func startScheduler() throws { scheduler = try stack.start("scheduler") }

    fileprivate func stopScheduler() async throws {
        let running = try #require(scheduler)
        #expect(try await running.terminate() == 0)
        scheduler = nil
    }

    /// A purchase for every client, once all is known of it.
    fileprivate func trade(_ symbol: String, _ words: String...) async throws -> Int64 {
        let status = try await stack.json(
            ["submit", symbol, "buy"] + words + ["--exact", "--watch"]
        )
        return try #require(status["task_id"]?.int64)
    }

    /// Asks an API that dies at a step, and starts another one; what was made by then.
    fileprivate func killAPI(at step: String, _ words: [String]) async throws -> Int64? {
        let before = try await newest()
        let api = try await stack.startAPIProcess(failpoint: failpoint(step))
        try await stack.run(words, expecting: 4)
        #expect(api.process.isKilled, "\(step)")
        try await stack.startAPI()
        let after = try await newest()
        return after == before ? nil : after
    }

    private func newest() async throws -> Int64 {
        try await stack.count("SELECT coalesce(max(id), 0) FROM bulk_task")
    }

    /// Every order that was sent is in the brokers' books under its reference, and no other is.
    fileprivate func expectEachPlacedOnce() async throws {
        let ledger = try await stack.sandboxJSON("GET", "/control/ledger?limit=10000")
        let booked = try #require(ledger["orders"]?.array).compactMap { $0["reference"]?.string }
        let sent = try await stack.texts(
            "SELECT a.reference FROM order_attempt a JOIN order_intent i ON i.id = a.intent_id"
                + " WHERE a.state = 'ACCEPTED' AND i.broker <> 'paper'"
        )
        #expect(booked.sorted() == sent.sorted())
        #expect(Set(booked).count == booked.count)
        #expect(!booked.isEmpty)
    }
}
