import JSON
import ServerTesting
import StackTesting
import Testing

/// Changes of orders from the command line to the simulated brokers' books and back.
@Suite(
    "Changes of orders",
    .needs(.postgres),
    .needs(.rabbitMQ),
    .needs(.redis),
    .timeLimit(.minutes(10))
)
struct ModificationTests {
    /// Far below the market: it rests.
    private static let resting = ["--type", "LIMIT", "--price", "800"]

    @Test("An order at each broker is changed: its book, its money and its history say so")
    func everyBroker() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "10"])
            let task = try await stack.restFive()
            let rows = try await stack.json(["results", "\(task)", "--limit", "100"]).array ?? []
            let brokers = Set(rows.compactMap { $0["broker"]?.string })
            #expect(brokers == ["dhan", "zerodha", "upstox", "groww", "paper"])
            for broker in brokers.sorted() {
                let row = try #require(rows.first { $0["broker"]?.string == broker })
                let order = try #require(row["order_id"]?.int64)
                let quantity = try #require(row["quantity"]?.int64)
                let change = try await stack.modified(
                    order,
                    ["--quantity", "\(quantity + 1)", "--price", "790"]
                )
                #expect(change["state"]?.string == "APPLIED", "\(broker): \(change)")
                let less = try await stack.modified(order, ["--quantity", "1"])
                #expect(less["state"]?.string == "APPLIED", "\(broker): \(less)")
                let shown = try await stack.json(["orders", "show", "\(order)"])
                #expect(shown["quantity"]?.int64 == 1)
                #expect(shown["price"]?.string == "790.00")
                #expect(shown["held_amount"]?.string == "790.00")
                let events = shown["events"]?.array?.compactMap { $0["event"]?.string } ?? []
                #expect(events.count { $0 == "modify_ended" } == 2)
                #expect(shown["modifications"]?.array?.count == 2)
                guard broker != "paper" else { continue }
                let id = try #require(shown["broker_order_id"]?.string)
                let booked = try await stack.booked(id)
                #expect(booked["quantity"]?.int64 == 1, "\(booked)")
                #expect(booked["modifications"]?.int64 == 2, "\(booked)")
            }
            // Over the command line too: what cannot be is said.
            let first = try #require(rows.first?["order_id"]?.int64)
            try await stack.run(["orders", "modify", "\(first)", "--quantity", "0"], expecting: 3)
            try await stack.run(["orders", "modify", "\(first)", "--price", "x"], expecting: 3)
            try await stack.run(["orders", "modify", "999999", "--quantity", "1"], expecting: 3)
            try await stack.run(["orders", "modify"], expecting: 2)
            try await stack.run(["cancel", "everything", "--watch"])
            try await stack.run(["demo", "verify", "--all"])
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test("One order for one client: placed, listed, shown, cancelled")
    func singleOrder() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "3", "--brokers", "dhan"])
            let clients = try await stack.json(["clients", "list"])["clients"]?.array ?? []
            let client = try #require(clients.first?["id"]?.int64)
            let words = [
                "orders", "place", "\(client)", "SBIN", "buy", "--quantity", "3", "--exact",
                "--key", "once",
            ]
            let placed = try await stack.json(words + Self.resting)
            let again = try await stack.json(words + Self.resting)
            #expect(placed["task_id"]?.int64 == again["task_id"]?.int64)
            let order = try #require(again["order_id"]?.int64)
            try await eventually {
                try await stack.json(["orders", "show", "\(order)"])["state"]?.string == "OPEN"
            }
            let list = try await stack.json(["orders", "list", "\(client)", "--state", "OPEN"])
            #expect(list["orders"]?.array?.count == 1)
            #expect(try await stack.run(["orders", "list", "\(client)"]).contains("SBIN"))
            #expect(try await stack.run(["orders", "show", "\(order)"]).contains("answered"))
            let cancel = try await stack.cancelled(["order", "\(order)"])
            #expect(cancel["released_amount"]?.string == "2400.00")
            #expect(try await stack.count("SELECT count(*) FROM order_intent") == 1)
            try await stack.run(["demo", "verify", "--all"])
            try await stack.run(["admin", "check-ledger"])
        }
    }

    private static let steps: [(String, Int)] = [
        ("modify.before-send", 1), ("modify.after-send", 1), ("modify.before-look", 1),
        ("modify.before-commit", 2), ("modify.after-commit", 1), ("modify.before-ack", 1),
    ]

    @Test(
        "A worker may be struck between any two steps of a change: it ends where the books are",
        arguments: ["kill", "stop"]
    )
    func struckWorkers(word: String) async throws {
        let blow = try #require(CrashRun.Blow(rawValue: word))
        try await CrashRun.with(blow) { run in
            let stack = run.stack
            for role in ["scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(
                ["demo", "load", "--clients", "\(Self.steps.count)", "--brokers", "dhan"]
            )
            let worker = try stack.start("worker")
            let task = try await stack.restFive()
            #expect(try await worker.terminate() == 0)
            let orders = try await stack.openOrders(of: task)
            try #require(orders.count == Self.steps.count)
            for ((step, pass), order) in zip(Self.steps, orders) {
                let struck = try stack.start("worker", failpoint: run.failpoint(step, pass: pass))
                try await stack.run(["orders", "modify", "\(order.id)", "--quantity", "2"])
                try await run.waitForBlow(on: struck)
            }
            try stack.start("worker")
            try await eventually {
                try await stack.count(
                    "SELECT count(*) FROM modification WHERE state IN ('ASKED', 'SENDING', 'UNKNOWN')"
                ) == 0
            }
            for order in orders {
                let shown = try await stack.json(["orders", "show", "\(order.id)"])
                let id = try #require(shown["broker_order_id"]?.string)
                let booked = try await stack.booked(id)
                #expect(booked["quantity"]?.int64 == shown["quantity"]?.int64)
                let held = (shown["quantity"]?.int64 ?? 0) * 800
                #expect(shown["held_amount"]?.string == "\(held).00")
            }
            // None left twice: of what was struck before its send, the books prove that it did not leave.
            #expect(try await stack.count("SELECT max(tries) FROM modification") == 1)
            try await stack.run(["admin", "check-ledger"])
            try await stack.run(["cancel", "everything", "--watch"])
            try await run.settle()
        }
    }
}

extension Stack {
    /// Five shares for every client that rest at the brokers.
    func restFive() async throws -> Int64 {
        let status = try await json([
            "submit", "SBIN", "buy", "--quantity", "5", "--exact", "--type", "LIMIT", "--price",
            "800", "--watch",
        ])
        return try #require(status["task_id"]?.int64)
    }

    /// Asks for a change and waits for its end.
    func modified(_ order: Int64, _ words: [String]) async throws -> JSONValue {
        try await json(["orders", "modify", "\(order)", "--watch"] + words)
    }

    /// What the simulated brokers have under one of their ids.
    func booked(_ id: String) async throws -> JSONValue {
        let ledger = try await sandboxJSON("GET", "/control/ledger?limit=10000")
        return try #require(
            ledger["orders"]?.array?.first { $0["order_id"]?.string == id },
            "\(ledger["orders"]?.array?.first ?? .null)"
        )
    }
}

/// Orders above the freeze quantity, and leaving all that is held.
@Suite("Slices", .needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .timeLimit(.minutes(10)))
struct SliceTests {
    @Test("What the exchange does not take in one order is placed in several, each once")
    func sliced() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "10"])
            // Once all lists are loaded, which say otherwise.
            try await eventually {
                try await stack.count(
                    """
                    SELECT count(*) FROM broker_instrument b JOIN instrument n
                        ON n.id = b.instrument_id WHERE n.symbol = 'SBIN'
                    """
                ) >= 4
            }
            _ = try await stack.count(
                "WITH f AS (UPDATE instrument SET freeze_quantity = 3 WHERE symbol = 'SBIN' "
                    + "RETURNING 1) SELECT count(*) FROM f"
            )
            let task =
                try await stack.json([
                    "submit", "SBIN", "buy", "--quantity", "8", "--exact", "--watch",
                ])["task_id"]?.int64 ?? 0
            let rows = try await stack.json(["results", "\(task)", "--limit", "100"]).array ?? []
            #expect(rows.count == 30)
            for client in Dictionary(grouping: rows, by: { $0["client_id"]?.int64 ?? 0 }).values {
                #expect(client.map { $0["quantity"]?.int64 ?? 0 }.sorted() == [2, 3, 3])
                #expect(client.map { $0["slice"]?.int64 ?? -1 }.sorted() == [0, 1, 2])
            }
            try await stack.run(["demo", "verify", "--all"])
            try await stack.run(["admin", "check-ledger"])
        }
    }

    @Test("An exit cancels what rests, sells what is held, and leaves nothing")
    func exit() async throws {
        try await Stack.with { stack in
            for role in ["worker", "scheduler", "relay"] { try stack.start(role) }
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "10"])
            for symbol in ["SBIN", "ITC"] {
                try await stack.run([
                    "submit", symbol, "buy", "--quantity", "4", "--exact", "--watch",
                ])
            }
            try await stack.run(["demo", "verify", "--all"])
            let resting = try await stack.restFive()
            let done = try await stack.json(["exit", "trader", "--watch", "--key", "out"])
            #expect(done["state"]?.string == "COMPLETE")
            #expect(done["cancel"]?["counts"]?["cancelled"]?.int64 == 10)
            let sales = done["sales"]?.array ?? []
            #expect(Set(sales.compactMap { $0["symbol"]?.string }) == ["SBIN", "ITC"])
            #expect(sales.allSatisfy { $0["counts"]?["success"]?.int64 == 10 }, "\(done)")
            #expect(try await stack.openOrders(of: resting).isEmpty)
            try await stack.run(["demo", "verify", "--all"])
            try await stack.run(["admin", "check-ledger"])
            #expect(try await stack.count("SELECT sum(quantity)::bigint FROM holding") == 0)
            let again = try await stack.json(["exit", "trader", "--watch", "--key", "out"])
            #expect(again["exit_id"]?.int64 == done["exit_id"]?.int64)
            #expect(try await stack.run(["exits"]).contains("COMPLETE"))
            try await stack.run(["exit", "symbol", "NOSUCH"], expecting: 3)
            try await stack.run(["exit", "nothing"], expecting: 2)
        }
    }
}
