import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// Messages that nobody could work on: they can be seen and put back, and a replay sends nothing twice.
@Suite(
    "Dead letters",
    .needs(.postgres),
    .needs(.rabbitMQ),
    .needs(.redis),
    .timeLimit(.minutes(10))
)
struct DeadLetterTests {
    @Test("A replay never sends again an order that was sent, whatever became of it")
    func replay() async throws {
        try await Stack.with { stack in
            // What is in doubt stays so for two minutes.
            stack.set("VOLLEY_DOUBT_SCALE", "1")
            let worker = try stack.start("worker")
            let scheduler = try stack.start("scheduler")
            try stack.start("relay")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "3", "--brokers", "dhan"])
            let letters = try await lettersOfSentOrders(stack)
            #expect(letters.count == 3)
            for letter in letters { try await stack.publish(letter, to: "orders.dhan.dead") }
            // What no reader understands is put aside by the one who reads it.
            try await stack.publish("order from nowhere", to: "orders.dhan")
            try await eventually { try await stack.messages().dead == 4 }
            let before = try await sent(stack)

            let listed = try await stack.json(["dead-letters", "list", "--queue", "orders.dhan"])
            let found = listed["dead_letters"]?.array ?? []
            #expect(
                found.compactMap { $0["message"]?.string }.sorted()
                    == (letters + ["not one of ours"]).sorted()
            )
            let first = try #require(
                found.first { $0["message"]?.string == letters[0] }?["id"]?.string
            )
            #expect(try await replayed(stack, [first]) == 1)
            try await eventually { try await stack.messages().dead == 3 }
            #expect(try await replayed(stack, ["--all"]) == 2)
            // Who brings looks at the open order would go on without a worker to make them.
            #expect(try await scheduler.terminate() == 0)
            try await eventually { try await stack.messages() == (worked: 0, dead: 1) }
            // A worker that stops finishes what it has taken; the rest would be in the queue again.
            #expect(try await worker.terminate() == 0)
            #expect(try await stack.messages() == (worked: 0, dead: 1))
            #expect(try await sent(stack) == before)
            #expect(before.unknown == 1)
            try await stack.run(
                ["dead-letters", "replay", "--queue", "nowhere", "--all"],
                expecting: 2
            )
        }
    }

    /// The messages of an order that has filled, of one that is open, and of one in doubt.
    private func lettersOfSentOrders(_ stack: Stack) async throws -> [String] {
        let only = ["--clients", "\(try await stack.count("SELECT min(id) FROM client"))"]
        try await stack.run(["submit", "TCS", "buy", "--percent", "10", "--watch"] + only)
        try await stack.run(["demo", "verify", "--all"])
        let open = [
            "submit", "TCS", "buy", "--quantity", "1", "--type", "LIMIT", "--price", "3300",
        ]
        try await stack.run(open + ["--watch"] + only)
        _ = try await stack.sandboxJSON(
            "POST",
            "/control/faults",
            #"{"kind": "drop_before_booking", "times": 1}"#
        )
        try await stack.run(["submit", "SBIN", "buy", "--percent", "10"] + only)
        try await eventually {
            try await stack.count("SELECT count(*) FROM order_intent WHERE state = 'UNKNOWN'") == 1
        }
        return try await stack.withDatabase { pool in
            try await pool.query(
                PostgresStatement(
                    """
                    SELECT format('order large %s %s dhan %s', id, task_id, account_id)
                    FROM order_intent ORDER BY id
                    """
                )
            ).map { $0.text(0) }
        }
    }

    private func replayed(_ stack: Stack, _ which: [String]) async throws -> Int64? {
        try await stack.json(["dead-letters", "replay", "--queue", "orders.dhan"] + which)[
            "replayed"
        ]?.int64
    }

    /// What was sent, by the broker's word and by ours.
    private struct Sent: Equatable {
        let booked: Int64?
        let attempts: Int64
        let unknown: Int64
    }

    private func sent(_ stack: Stack) async throws -> Sent {
        Sent(
            booked: try await stack.sandboxJSON("GET", "/control/ledger/summary")["booked"]?.int64,
            attempts: try await stack.count("SELECT count(*) FROM order_attempt"),
            unknown: try await stack.count(
                "SELECT count(*) FROM order_intent WHERE state = 'UNKNOWN'"
            )
        )
    }
}
