import JSON
import ServerTesting
import StackTesting
import Testing

/// One bulk trade for clients of all brokers, and what one broker's or one client's trouble does to
/// the others.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct MixedBrokersTests {
    private static let brokers = ["dhan", "groww", "upstox", "zerodha"]

    private func withStack(_ body: (Stack) async throws -> Void) async throws {
        try await Stack.with { stack in
            try stack.start("worker")
            try stack.start("scheduler")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "60"])
            try await body(stack)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    private func submit(_ stack: Stack, _ options: String...) async throws -> Int64 {
        let words = ["submit", "RELIANCE", "buy", "--percent", "25"]
        return try #require(try await stack.json(words + options)["task_id"]?.int64)
    }

    @Test("Clients of four brokers and of none are served by one trade, each in its broker's words")
    func mixed() async throws {
        try await withStack { stack in
            let told = try await stack.json(["preflight", "RELIANCE", "buy", "--percent", "25"])
            let task = try await submit(stack, "--watch")
            let checks = try await stack.json(["demo", "verify", "--task", "\(task)"])
            #expect(checks["failures"]?.int64 == 0)
            let placed = try await stack.rows(of: task).filter { $0.state != "SKIPPED" }
            let sums = try #require(told["sums"])
            #expect(sums["clients"]?.int64 == 60 && sums["orders"]?.int64 == Int64(placed.count))
            #expect(placed.allSatisfy { $0.state == "FILLED" })
            let ledger =
                try await stack.sandboxJSON("GET", "/control/ledger")["orders"]?.array ?? []
            for broker in Self.brokers {
                let booked = ledger.count { $0["face"]?.string == broker }
                #expect(booked > 5 && booked == placed.count { $0.broker == broker }, "\(broker)")
            }
            #expect(placed.count { $0.broker == "paper" } == 6)
            let shown = try await stack.json(["brokers"])["brokers"]?.array ?? []
            #expect(Set(shown.compactMap { $0["broker"]?.string }) == Set(Self.brokers + ["paper"]))
        }
    }

    @Test(
        "A broker that answers nothing keeps its own clients waiting, and nobody else's",
        arguments: ["zerodha", "dhan"]
    )
    func oneIsSilent(_ silent: String) async throws {
        try await withStack { stack in
            let fault = #"{"kind":"drop_before_booking","face":"\#(silent)","placing":true}"#
            _ = try await stack.sandboxJSON("POST", "/control/faults", #"{"faults":[\#(fault)]}"#)
            let task = try await submit(stack)
            // The others come to their end while the silent one's orders are in doubt.
            try await eventually {
                let placed = try await stack.rows(of: task).filter { $0.state != "SKIPPED" }
                let others = placed.filter { $0.broker != silent }
                let own = placed.filter { $0.broker == silent }
                return !own.isEmpty && own.allSatisfy { $0.state != "FILLED" }
                    && others.count > 40 && others.allSatisfy { $0.state == "FILLED" }
            }
            _ = try await stack.sandboxJSON("DELETE", "/control/faults")
            // Nothing was booked, and in time that is certain.
            _ = try await stack.ended(task)
            let summary = try await stack.sandboxJSON("GET", "/control/ledger/summary")
            #expect(summary["duplicates"]?.int64 == 0)
        }
    }

    @Test(
        "A client whose session ends is refused with that reason, shown as not ready, and goes on"
    )
    func oneSessionEnds() async throws {
        try await withStack { stack in
            let all = try await stack.ended(submit(stack))
            // One client of each broker logs in elsewhere, which ends the session that we hold.
            let strangers = try Self.brokers.map { broker in
                try #require(all.first { $0.broker == broker && $0.state == "FILLED" })
            }
            for row in strangers { try await giveToken("given-elsewhere-\(row.code)", row, stack) }
            let second = try await stack.ended(submit(stack))
            let refused = second.filter { $0.state == "REJECTED" }
            #expect(refused.map(\.code).sorted() == strangers.map(\.code).sorted())
            #expect(refused.allSatisfy { $0.reason == "session_expired" })
            #expect(second.count { $0.state == "FILLED" } == all.count { $0.state == "FILLED" } - 4)
            let notReady = try await stack.json(["readiness", "--state", "must_log_in"])
            let codes = notReady["accounts"]?.array?.compactMap { $0["code"]?.string } ?? []
            #expect(codes.sorted() == strangers.map(\.code).sorted())

            // With the new tokens they go on.
            for row in strangers {
                try await stack.run(
                    [
                        "clients", "connect", "\(row.client)", "--broker", row.broker,
                        "--account", account(row),
                    ],
                    input: "given-elsewhere-\(row.code)\n"
                )
            }
            let last = try await stack.ended(submit(stack))
            #expect(last.count { $0.state == "FILLED" } == all.count { $0.state == "FILLED" })
            try await eventually {
                let left = try await stack.json(["readiness"])
                return left["accounts"]?.array?.isEmpty == true
            }
            try noTokenIsLogged(stack)
        }
    }

    private func account(_ row: TradeRow) -> String {
        String(1_100_000_000 + (Int(row.code.dropFirst("DEMO".count)) ?? 0))
    }

    /// Makes this the one token of the client's account at the simulated broker.
    private func giveToken(_ token: String, _ row: TradeRow, _ stack: Stack) async throws {
        let account =
            #"{"face":"\#(row.broker)","client_id":"\#(account(row))","token":"\#(token)"}"#
        _ = try await stack.sandboxJSON(
            "POST",
            "/control/accounts",
            #"{"accounts":[\#(account)]}"#
        )
    }

    private func noTokenIsLogged(_ stack: Stack) throws {
        let logs = try stack.logs()
        #expect(!logs.contains("given-elsewhere") && !logs.contains("demo-token"))
    }
}
