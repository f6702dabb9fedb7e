import JSON
import ServerTesting
import StackTesting
import Testing

/// Processes that die or freeze between two steps, and the trade goes on: none twice, none lost.
///
/// The steps are named in `Failpoint`. One stack takes many blows: while one worker's orders wait for
/// their leases to end, the next worker is struck.
@Suite("Crashes", .needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(10)))
struct CrashTests {
    /// Where workers are struck, and at which pass.
    private static let workerSteps: [(String, Int)] = [
        ("plan.before-commit", 1), ("plan.after-commit", 1), ("plan.after-publish", 1),
        ("plan.after-mark", 1), ("plan.before-ack", 1),
        ("execute.before-claim", 1), ("execute.before-send", 5), ("execute.after-send", 5),
        ("record.before-commit", 1), ("record.after-commit", 1), ("execute.before-ack", 5),
        ("complete.before-commit", 1), ("complete.after-commit", 1),
        ("doubt.before-look", 1), ("doubt.after-look", 1), ("doubt.after-commit", 1),
        ("doubt.before-ack", 1),
        ("fill.before-commit", 1), ("fill.after-commit", 1), ("fill.before-ack", 1),
    ]

    @Test("A worker may be killed between any two steps")
    func killedWorkers() async throws {
        try await CrashRun.with(.kill) { try await strikeWorkers($0) }
    }

    @Test("A worker may freeze between any two steps, and resume when its lease is long over")
    func frozenWorkers() async throws {
        try await CrashRun.with(.stop) { try await strikeWorkers($0) }
    }

    private func strikeWorkers(_ run: CrashRun) async throws {
        let stack = run.stack
        try stack.start("scheduler")
        try stack.start("relay")
        try await stack.startAPI()
        try await stack.run(["demo", "load", "--clients", "60", "--brokers", "dhan"])
        try await run.buyWhatIsSold()
        for (step, pass) in Self.workerSteps {
            if step.hasPrefix("doubt") { try await run.loseAnswers() }
            let worker = try stack.start("worker", failpoint: run.failpoint(step, pass: pass))
            try await run.submit()
            try await run.waitForBlow(on: worker)
        }
        try stack.start("worker")
        try stack.start("worker")
        try await run.settle()
        // Both ways out of doubt were taken, and orders whose worker was gone among them.
        for action in ["ORDER_FOUND", "ORDER_PROVEN_ABSENT"] {
            #expect(
                try await stack.count(
                    "SELECT count(*) FROM audit_log WHERE action = '\(action)'"
                ) > 0
            )
        }
        #expect(
            try await stack.count(
                """
                SELECT count(*) FROM order_attempt
                WHERE outcome = 'no answer was recorded before the lease ended'
                """
            ) > 0
        )
    }

    @Test(
        "An API may be killed between any two steps of a submit, and the same key finds its trade",
        arguments: ["before-commit", "after-commit", "after-publish", "before-answer"]
    )
    func killedAPI(step: String) async throws {
        try await CrashRun.with(.kill) { run in
            let stack = run.stack
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "60", "--brokers", "dhan"])
            let api = try await stack.startAPIProcess(failpoint: run.failpoint("submit." + step))
            let order = ["submit", "TCS", "buy", "--percent", "5", "--key", "once"]
            // The CLI says that the API does not answer.
            try await stack.run(order, expecting: 4)
            #expect(api.process.isKilled)
            try await stack.startAPI()
            try await stack.run(order)
            #expect(try await stack.count("SELECT count(*) FROM bulk_task") == 1)
            try await run.settle()
        }
    }

    @Test("An API may freeze in mid-submit: another takes the same key, and both answer alike")
    func frozenAPI() async throws {
        try await CrashRun.with(.stop) { run in
            let stack = run.stack
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "60", "--brokers", "dhan"])
            let steps = ["before-commit", "after-commit", "after-publish", "before-answer"]
            for step in steps {
                let api = try await stack.startAPIProcess(
                    failpoint: run.failpoint("submit." + step)
                )
                let order = ["submit", "TCS", "buy", "--percent", "5", "--key", step]
                async let early = stack.json(order)
                try await eventually { api.process.isFrozen }
                try await stack.startAPI()
                let late = try await stack.json(order)
                api.process.resume()
                #expect(try await early["task_id"]?.int64 == late["task_id"]?.int64)
                #expect(try await api.process.terminate() == 0)
            }
            #expect(try await stack.count("SELECT count(*) FROM bulk_task") == 4)
            try await run.settle()
        }
    }

    @Test("Relay and scheduler may be struck between any two steps", arguments: ["kill", "stop"])
    func keepersStruck(word: String) async throws {
        let blow = try #require(CrashRun.Blow(rawValue: word))
        try await CrashRun.with(blow) { run in
            let stack = run.stack
            try stack.start("worker")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "60", "--brokers", "dhan"])
            for step in ["relay.before-publish", "relay.after-publish", "relay.after-delete"] {
                let relay = try stack.start("relay", failpoint: run.failpoint(step))
                // Its plan is left to the relay.
                let api = try await stack.startAPIProcess(failpoint: "submit.after-commit:kill")
                try await stack.run(
                    ["submit", "TCS", "buy", "--percent", "5", "--key", step],
                    expecting: 4
                )
                #expect(api.process.isKilled)
                try await run.waitForBlow(on: relay)
            }
            try stack.start("relay")
            try await stack.startAPI()
            for step in ["sweep.before-publish", "sweep.after-publish"] {
                let scheduler = try stack.start("scheduler", failpoint: run.failpoint(step))
                try await run.submit()
                // A frozen one leads until the database ends its session.
                try await run.waitForBlow(on: scheduler)
            }
            try stack.start("scheduler")
            try await run.settle()
            #expect(try await stack.count("SELECT count(*) FROM bulk_task") == 5)
        }
    }

    @Test("A failpoint that does not exist keeps a process from starting")
    func unknownFailpoint() async throws {
        try await CrashRun.with(.kill) { run in
            run.stack.set("VOLLEY_FAILPOINT", "execute.somewhere:kill")
            try await run.stack.run(["relay"], expecting: 2)
        }
    }
}
