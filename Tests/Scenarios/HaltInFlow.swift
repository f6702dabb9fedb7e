import JSON
import ServerTesting
import StackTesting
import Testing

/// Two thousand clients' orders flow to their brokers over two worker processes, and somebody halts in
/// the middle: a trader, some clients, a broker, everything.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(20)))
struct HaltInFlow {
    /// One halt, and what it covers.
    private struct Halt {
        let scope: String
        let subject: String?
        let reason: String
        /// A condition on `order_intent`.
        let covered: String
    }

    private static let password = "words-for-tests-7"

    @Test func `after a halt nothing that it covers begins to leave, and all else goes on`()
        async throws
    {
        try await Stack.with { stack in
            let flow = try await Flow.open(stack)
            try await flow.halts(
                Halt(
                    scope: "trader",
                    subject: nil,
                    reason: "halted_trader",
                    covered: "true"
                )
            )
            try await flow.halts(
                Halt(
                    scope: "broker",
                    subject: "zerodha",
                    reason: "halted_broker",
                    covered: "broker = 'zerodha'"
                )
            )
            try await flow.halts(
                Halt(
                    scope: "everything",
                    subject: nil,
                    reason: "halted_all",
                    covered: "true"
                )
            )
            // The client whose turn is last, so that it is certainly not sent when the halt comes; orders
            // on paper wait for nobody.
            let last = try await stack.count(
                """
                SELECT max(client_id) FROM order_intent
                WHERE attempts > 0 AND account_id IS NOT NULL
                """
            )
            try await flow.halts(
                Halt(
                    scope: "client",
                    subject: "\(last)",
                    reason: "halted_client",
                    covered: "client_id = \(last)"
                )
            )
            try await stack.run(["admin", "check-ledger"])
            let summary = try await stack.sandboxJSON("GET", "/control/ledger/summary")
            #expect(summary["duplicates"]?.int64 == 0)
        }
    }

    private struct Flow {
        let stack: Stack
        let office: Office
        let admin: Caller

        static func open(_ stack: Stack) async throws -> Flow {
            // Few at a time, so that there is a middle to halt in.
            stack.set("VOLLEY_WORKER_SLOTS", "4")
            for role in ["worker", "worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(
                ["admin", "create-user", "--email", "root@example.com", "--role", "admin"],
                input: password + "\n"
            )
            // 95 of 100 are active, and 9 of 10 have a broker.
            try await stack.run(["demo", "load", "--clients", "2400"])
            let trader = try await Caller(
                stack,
                email: Stack.trader.email,
                password: Stack.trader.password
            )
            let admin = try await Caller(stack, email: "root@example.com", password: password)
            return Flow(
                stack: stack,
                office: Office(stack: stack, trader: trader),
                admin: admin
            )
        }

        /// Halts in the middle of a trade, looks, resumes, and repairs.
        func halts(_ halt: Halt) async throws {
            let before = try await booked()
            _ = try await stack.sandboxJSON(
                "POST",
                "/control/faults",
                #"{"kind":"delay","placing":true,"milliseconds":100}"#
            )
            let asked = try await office.trader.post(
                "/api/v1/bulk-trades",
                ["symbol": "SBIN", "side": "BUY", "quantity": 1, "exact": true, "clients": "all"],
                expecting: 202
            )
            let task = try #require(asked.number("task_id"))
            try await eventually { try await booked() >= before + 150 }
            var body: [(String, JSONValue)] = [
                ("scope", .string(halt.scope)), ("why", "drill"),
            ]
            if let subject = halt.subject { body.append(("subject", .string(subject))) }
            let caller = halt.scope == "trader" || halt.scope == "client" ? office.trader : admin
            try await caller.post("/api/v1/halts", .object(JSONObject(body)), expecting: 204)
            // The halt was committed before it was answered.
            let answered = try await now()
            _ = try await stack.sandboxJSON("DELETE", "/control/faults")
            try await office.finished(task)
            try await look(task, halt, answered)

            let resumed = try await caller.send(
                "DELETE",
                "/api/v1/halts",
                .object(JSONObject(body.filter { $0.0 != "why" }))
            )
            try #require(resumed.status == 204, "\(resumed.body.text)")
            // What was held back goes now, each once; and so does a new trade.
            let repair = try await office.trader.post(
                "/api/v1/bulk-trades/\(task)/repair",
                [:],
                expecting: 202
            )
            try await office.finished(try #require(repair.number("task_id")))
            let fresh = try await office.trade([
                "symbol": "ITC", "side": "BUY", "quantity": 1, "exact": true,
                "clients": .array(try await some(halt).map { .integer($0) }),
            ])
            _ = try await office.rows(of: fresh, filled: 1)
            try await expectAllPlaced(task)
        }

        /// What was sent, what was not, and that the brokers' own books agree.
        private func look(_ task: Int64, _ halt: Halt, _ answered: String) async throws {
            let covered = "i.task_id = \(task) AND i.\(halt.covered)"
                .replacing("i.true", with: "true")
            let ofTask =
                "order_attempt a JOIN order_intent i ON i.id = a.intent_id AND \(covered)"
            // Whatever a worker began to send, it began before the halt was answered; by then the bound
            // of 100 ms, for which workers may trust what they have read before, is over.
            let begunLate = try await stack.texts(
                """
                SELECT a.reference FROM \(ofTask)
                WHERE a.sent_at > '\(answered)' AND a.state <> 'NOT_SENT'
                """
            )
            #expect(begunLate.isEmpty, "\(halt.scope): \(begunLate.count) of them")
            // What reached a broker later had been on its way: taken before, answered after.
            let onTheirWay = Set(
                try await stack.texts(
                    """
                    SELECT a.reference FROM \(ofTask)
                    WHERE a.sent_at <= '\(answered)'
                      AND a.answered_at > '\(answered)'
                      AND a.state <> 'NOT_SENT'
                    """
                )
            )
            let references = Set(try await stack.texts("SELECT a.reference FROM \(ofTask)"))
            let arrivals = try await arrivals().filter { references.contains($0.reference) }
            let late = arrivals.filter { $0.at > answered }
            for order in late {
                #expect(onTheirWay.contains(order.reference), "\(halt.scope): \(order.reference)")
            }
            // So many can be on their way: two workers, four slots at each of four brokers, and what
            // the workers had read together with them.
            #expect(late.count <= 40)
            // What was not sent is held back, with the halt as its reason, and no broker has it.
            let kept = try await stack.count(
                """
                SELECT count(*) FROM order_intent i
                WHERE \(covered) AND state = 'SKIPPED' AND reason = '\(halt.reason)' AND held = 0
                """
            )
            #expect(halt.scope == "client" ? kept == 1 : kept > 100, "\(halt.scope): \(kept)")
            let all = try await stack.count(
                """
                SELECT count(*) FROM client c JOIN broker_account i ON i.client_id = c.id
                WHERE c.status = 'active' AND i.\(halt.covered)
                """.replacing("i.true", with: "true")
            )
            // Orders on paper reach no broker's books.
            let keptAtBrokers = try await stack.count(
                """
                SELECT count(*) FROM order_intent i
                WHERE \(covered) AND state = 'SKIPPED' AND reason = '\(halt.reason)'
                  AND account_id IS NOT NULL
                """
            )
            #expect(
                Int64(arrivals.count) + keptAtBrokers == all,
                "\(arrivals.count) + \(keptAtBrokers) of \(all)"
            )
            if halt.covered == "true" { #expect(all >= 2_000) }
            let uncovered = try await stack.count(
                """
                SELECT count(*) FROM order_intent i WHERE i.task_id = \(task)
                  AND state = 'SKIPPED' AND reason LIKE 'halted%' AND NOT (\(covered))
                """
            )
            #expect(uncovered == 0)
        }

        /// After the repair every client has its share.
        private func expectAllPlaced(_ task: Int64) async throws {
            let held = try await stack.count(
                """
                SELECT count(*) FROM order_intent i WHERE i.task_id = \(task)
                  AND reason LIKE 'halted%' AND NOT EXISTS (
                      SELECT FROM order_intent r JOIN bulk_task t ON t.id = r.task_id
                      WHERE t.repairs_task_id = \(task) AND r.client_id = i.client_id
                        AND r.attempts > 0
                  )
                """
            )
            #expect(held == 0)
        }

        /// One client that the halt covered.
        private func some(_ halt: Halt) async throws -> [Int64] {
            try await stack.texts(
                """
                SELECT client_id::text FROM order_intent
                WHERE \(halt.covered) AND reason = '\(halt.reason)' ORDER BY id DESC LIMIT 1
                """
            ).compactMap { Int64($0) }
        }

        private func booked() async throws -> Int64 {
            try #require(
                try await stack.sandboxJSON("GET", "/control/calls")["placements"]?.int64
            )
        }

        /// By the database's clock, which also says when something was sent; as the brokers' books
        /// write it, so that later moments come later in the alphabet.
        private func now() async throws -> String {
            try await stack.texts(
                """
                SELECT to_char(clock_timestamp() AT TIME ZONE 'Asia/Kolkata',
                               'YYYY-MM-DD"T"HH24:MI:SS.US') || '+05:30'
                """
            )[0]
        }

        /// When each order reached its broker, by the brokers' own books.
        private func arrivals() async throws -> [(reference: String, at: String)] {
            var found: [(String, String)] = []
            var after = ""
            repeat {
                let page = try await stack.sandboxJSON(
                    "GET",
                    "/control/ledger?limit=10000" + after
                )
                for order in page["orders"]?.array ?? [] {
                    let reference = try #require(order["reference"]?.string)
                    found.append((reference, try #require(order["booked_at"]?.string)))
                }
                after = page["next"]?.string.map { "&after=\($0)" } ?? ""
            } while !after.isEmpty
            return found
        }
    }
}
