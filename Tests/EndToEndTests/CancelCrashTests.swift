import JSON
import ServerTesting
import StackTesting
import Testing

/// Processes that die or freeze between two steps of a cancel: every order that somebody wished
/// cancelled ends, and none ends twice.
@Suite(
    "Crashes of cancels",
    .needs(.postgres),
    .needs(.rabbitMQ),
    .needs(.redis),
    .timeLimit(.minutes(10))
)
struct CancelCrashTests {
    private static let workerSteps: [(String, Int)] = [
        ("cancel.before-send", 3), ("cancel.after-send", 3), ("cancel.before-commit", 1),
        ("cancel.after-commit", 1), ("cancel.before-ack", 3),
    ]

    @Test("A worker may be struck between any two steps of a cancel", arguments: ["kill", "stop"])
    func struckWorkers(word: String) async throws {
        let blow = try #require(CrashRun.Blow(rawValue: word))
        try await CrashRun.with(blow) { run in
            let stack = run.stack
            try await run.startKeepers(clients: 40)
            let worker = try stack.start("worker")
            var trades: [Int64] = []
            for _ in Self.workerSteps { trades.append(try await run.rest()) }
            #expect(try await worker.terminate() == 0)
            for ((step, pass), trade) in zip(Self.workerSteps, trades) {
                let struck = try stack.start("worker", failpoint: run.failpoint(step, pass: pass))
                try await stack.run(["cancel", "task", "\(trade)"])
                try await run.waitForBlow(on: struck)
            }
            try stack.start("worker")
            try stack.start("worker")
            try await run.settle()
            try await run.expectAllCancelled(of: trades)
        }
    }

    @Test(
        "Orders that are being sent or in doubt when the cancel comes end too, and none is sent again"
    )
    func inDoubt() async throws {
        try await CrashRun.with(.kill) { run in
            let stack = run.stack
            try await run.startKeepers(clients: 40)
            // Some are SENDING for ever, some are booked and nobody knows, some were never booked.
            for step in ["execute.before-send", "execute.after-send"] {
                let struck = try stack.start("worker", failpoint: run.failpoint(step, pass: 5))
                let trade = try await run.submitResting(onDoubt: "resend:3600s")
                try await run.waitForBlow(on: struck)
                try await stack.run(["cancel", "task", "\(trade)"])
            }
            try await run.loseAnswers()
            let worker = try stack.start("worker")
            let lost = try await run.submitResting(onDoubt: "resend:3600s")
            try await eventually {
                try await stack.count("SELECT count(*) FROM order_attempt WHERE is_unknown") > 0
            }
            try await stack.run(["cancel", "everything"])
            try await run.settle()
            #expect(try await worker.terminate() == 0)
            #expect(lost > 0)
            // Nothing left after it was wished cancelled, whatever the trade's policy.
            #expect(
                try await stack.count(
                    """
                    SELECT count(*) FROM order_attempt a
                    JOIN cancelled_order x ON x.intent_id = a.intent_id
                    WHERE a.sent_at > x.met_at
                    """
                ) == 0
            )
            for action in ["ORDER_FOUND", "ORDER_PROVEN_ABSENT", "ORDER_CANCEL_REQUESTED"] {
                #expect(
                    try await stack.count(
                        "SELECT count(*) FROM audit_log WHERE action = '\(action)'"
                    ) > 0,
                    "\(action)"
                )
            }
        }
    }

    @Test(
        "An API may be killed between any two steps of asking; the same key finds the same cancel",
        arguments: ["before-commit", "after-commit", "after-publish"]
    )
    func killedAPI(step: String) async throws {
        try await CrashRun.with(.kill) { run in
            let stack = run.stack
            try await run.startKeepers(clients: 20)
            try stack.start("worker")
            let trade = try await run.rest()
            let failpoint = run.failpoint("cancel-submit." + step)
            let api = try await stack.startAPIProcess(failpoint: failpoint)
            let words = ["cancel", "task", "\(trade)", "--key", "once"]
            try await stack.run(words, expecting: 4)
            #expect(api.process.isKilled)
            try await stack.startAPI()
            if step != "before-commit" {
                // What was decided goes on without anybody asking again.
                try await eventually { try await stack.openOrders(of: trade).isEmpty }
            }
            try await stack.run(words + ["--watch"])
            #expect(try await stack.count("SELECT count(*) FROM cancellation") == 1)
            try await run.settle()
            try await run.expectAllCancelled(of: [trade])
        }
    }

    @Test("An API may freeze while it asks: another takes the same key, and both answer alike")
    func frozenAPI() async throws {
        try await CrashRun.with(.stop) { run in
            let stack = run.stack
            try await run.startKeepers(clients: 20)
            try stack.start("worker")
            var trades: [Int64] = []
            for step in ["before-commit", "after-commit", "after-publish"] {
                try await stack.startAPI()
                let trade = try await run.rest()
                trades.append(trade)
                let failpoint = run.failpoint("cancel-submit." + step)
                let api = try await stack.startAPIProcess(failpoint: failpoint)
                let words = ["cancel", "task", "\(trade)", "--key", step]
                async let early = stack.json(words)
                try await eventually { api.process.isFrozen }
                try await stack.startAPI()
                let late = try await stack.json(words)
                api.process.resume()
                #expect(
                    try await early["cancellation_id"]?.int64 == late["cancellation_id"]?.int64
                )
                #expect(try await api.process.terminate() == 0)
            }
            #expect(try await stack.count("SELECT count(*) FROM cancellation") == 3)
            try await run.settle()
            try await run.expectAllCancelled(of: trades)
        }
    }
}

extension CrashRun {
    /// Everything but workers, with so many clients.
    fileprivate func startKeepers(clients: Int) async throws {
        for role in ["scheduler", "relay"] { try stack.start(role) }
        try await stack.startAPI()
        try await stack.run(["demo", "load", "--clients", "\(clients)", "--brokers", "dhan"])
    }

    private static let resting = [
        "submit", "SBIN", "buy", "--percent", "2", "--type", "LIMIT", "--price", "800",
    ]

    /// A trade that rests at the brokers: far from the market, until somebody cancels it.
    fileprivate func rest() async throws -> Int64 {
        let status = try await stack.json(Self.resting + ["--watch"])
        return try #require(status["task_id"]?.int64)
    }

    /// The same, without waiting until it rests.
    fileprivate func submitResting(onDoubt policy: String) async throws -> Int64 {
        let answer = try await stack.json(Self.resting + ["--on-doubt", policy])
        return try #require(answer["task_id"]?.int64)
    }

    /// Whatever the brokers took of these trades is cancelled, at the brokers too.
    fileprivate func expectAllCancelled(of trades: [Int64]) async throws {
        let list = trades.map { "\($0)" }.joined(separator: ", ")
        let placed = try await stack.count(
            "SELECT count(*) FROM order_intent WHERE attempts > 0 AND task_id IN (\(list))"
        )
        #expect(placed > 0)
        #expect(
            try await stack.count(
                """
                SELECT count(*) FROM order_intent
                WHERE state = 'CANCELLED' AND task_id IN (\(list))
                """
            ) == placed
        )
        let booked = try await stack.sandboxJSON("GET", "/control/ledger?limit=10000")
        let orders = try #require(booked["orders"]?.array)
        #expect(!orders.isEmpty)
        #expect(orders.allSatisfy { $0["status"]?.string == "CANCELLED" })
    }
}
