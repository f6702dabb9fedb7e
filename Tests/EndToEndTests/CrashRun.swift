import Foundation
import ServerTesting
import StackTesting
import Testing

/// Lets processes of a stack harm themselves, one blow after the other, while bulk trades go on.
final class CrashRun {
    /// What befalls a process at its failpoint.
    enum Blow: String {
        case kill
        case stop
    }

    let stack: Stack
    let blow: Blow
    private(set) var frozen: [RoleProcess] = []
    /// The scheduler, where a test starts and stops it by itself.
    var scheduler: RoleProcess?
    private var trades = 0

    init(_ stack: Stack, _ blow: Blow) {
        self.stack = stack
        self.blow = blow
    }

    /// A stack whose processes lose their leases after seconds.
    static func with(_ blow: Blow, _ body: (CrashRun) async throws -> Void) async throws {
        try await Stack.with { stack in
            stack.set("VOLLEY_LEASE_SECONDS", "8")
            // So long the queue waits for a consumer that is frozen.
            stack.set("VOLLEY_AMQP_URL", try TestServer.rabbitMQ.url() + "?heartbeat=5")
            try await body(CrashRun(stack, blow))
        }
    }

    /// `NAME:kill@PASS` or `NAME:stop@PASS`.
    func failpoint(_ name: String, pass: Int = 1) -> String { "\(name):\(blow.rawValue)@\(pass)" }

    /// Waits for the blow.
    func waitForBlow(on process: RoleProcess) async throws {
        switch blow {
        case .kill: try await eventually { process.isKilled }
        case .stop:
            try await eventually { process.isFrozen }
            frozen.append(process)
        }
    }

    /// Gives every client shares that later trades sell.
    func buyWhatIsSold() async throws {
        let worker = try stack.start("worker")
        try await stack.run(["submit", "INFY", "buy", "--percent", "40"])
        try await stack.run(["demo", "verify", "--all"])
        #expect(try await worker.terminate() == 0)
    }

    /// Submits the next trade: buys and sales in turn.
    func submit() async throws {
        trades += 1
        try await stack.run(
            trades % 2 == 1
                ? ["submit", "SBIN", "buy", "--percent", "2"]
                : ["submit", "INFY", "sell", "--percent", "10"]
        )
    }

    /// The next placements' answers are lost: some orders are booked, some are not.
    func loseAnswers() async throws {
        _ = try await stack.sandboxJSON(
            "POST",
            "/control/faults",
            #"""
            {"faults": [{"kind": "drop_after_booking", "times": 3},
                        {"kind": "drop_before_booking", "times": 2}]}
            """#
        )
    }

    /// Everything ends well; then the frozen go on, and change nothing.
    func settle() async throws {
        _ = try await stack.sandboxJSON("DELETE", "/control/faults")
        try await verify()
        for process in frozen { process.resume() }
        for process in frozen { #expect(try await process.terminate() == 0) }
        try await verify()
    }

    private func verify() async throws {
        try await stack.run(["demo", "verify", "--all", "--patience", "200"])
        try await stack.run(["admin", "check-ledger"])
        #expect(try await stack.count("SELECT count(*) FROM bulk_task") > 0)
        #expect(
            try await stack.count(
                "SELECT count(*) FROM order_intent WHERE awaits OR held > 0 OR reserved > 0"
            ) == 0
        )
        #expect(
            try await stack.count(
                "SELECT count(*) FROM order_attempt WHERE state IN ('SENDING', 'UNKNOWN')"
            ) == 0
        )
        // Whatever somebody wished cancelled has ended, and no broker is to be asked any more.
        #expect(
            try await stack.count(
                """
                SELECT count(*) FROM order_intent i LEFT JOIN order_cancel o ON o.intent_id = i.id
                WHERE i.cancel_wish IS NOT NULL
                  AND i.state NOT IN ('FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED', 'SKIPPED')
                   OR o.is_refused
                """
            ) == 0
        )
        // Whatever was sent is in the audit log, and so is how it ended.
        #expect(
            try await stack.count(
                """
                SELECT count(*) FROM order_intent i
                WHERE i.attempts > (SELECT count(*) FROM audit_log l
                                    WHERE l.intent_id = i.id AND l.action = 'ORDER_SENDING')
                   OR i.attempts > 0 AND NOT EXISTS (
                       SELECT FROM audit_log l WHERE l.intent_id = i.id AND l.state = i.state
                   )
                """
            ) == 0
        )
        try await eventually { try await stack.count("SELECT count(*) FROM outbox") == 0 }
        try await eventually { try await stack.messages() == (worked: 0, dead: 0) }
    }
}
