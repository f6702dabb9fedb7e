import BrokerFaces
import Foundation
import HTTPClient
import JSON
import Postgres
import ServerTesting
import StackTesting
import Testing

/// Lost answers and lost requests, with real processes and a broker that goes wrong on demand.
@Suite(.needs(.postgres), .needs(.rabbitMQ), .needs(.redis), .serialized, .timeLimit(.minutes(20)))
struct DoubtTests {
    /// One client of the demo, and its account in the sandbox.
    private struct Client {
        let id: Int64
        let account: String
        let token: String
    }

    /// A whole stack with an admin, whose times of doubt are short.
    private func withStack(_ body: (Stack, [Client]) async throws -> Void) async throws {
        try await Stack.with { stack in
            stack.set("VOLLEY_ADMIN_EMAIL", "admin@example.com")
            stack.set("VOLLEY_ADMIN_PASSWORD", "admin-password-1")
            try await stack.run(
                ["admin", "create-user", "--email", "admin@example.com", "--role", "admin"],
                input: "admin-password-1\n"
            )
            stack.set("VOLLEY_RECONCILE_SECONDS", "1")
            try stack.start("worker")
            try stack.start("scheduler")
            try await stack.startAPI()
            try await stack.run(["demo", "load", "--clients", "9", "--brokers", "dhan"])
            let page = try await stack.json(["clients", "list", "--limit", "9"])
            let rows = page["clients"]?.array ?? page.array ?? []
            let clients = try rows.map { row in
                let number = try #require(row["code"]?.string).dropFirst("DEMO".count)
                return Client(
                    id: try #require(row["id"]?.int64),
                    account: "\(1_100_000_000 + (try #require(Int(number))))",
                    token: "demo-token-\(number)"
                )
            }
            try #require(clients.count == 9)
            try await body(stack, clients)
            try await stack.run(["admin", "check-ledger"])
        }
    }

    /// Lets one placement of a client go wrong.
    private func spoil(_ stack: Stack, _ client: Client, _ kind: String) async throws {
        _ = try await stack.sandboxJSON(
            "POST",
            "/control/faults",
            #"{"faults":[{"kind":"\#(kind)","account":"\#(client.account)","times":1}]}"#
        )
    }

    /// Lets the client's books not answer, until the faults are cleared.
    private func silenceBooks(_ stack: Stack, _ client: Client) async throws {
        let fault =
            #"{"kind":"status_500","account":"\#(client.account)","method":"GET","path":"/orders"}"#
        _ = try await stack.sandboxJSON("POST", "/control/faults", #"{"faults":[\#(fault)]}"#)
    }

    private func clearFaults(_ stack: Stack) async throws {
        _ = try await stack.sandboxJSON("DELETE", "/control/faults")
    }

    /// The client's orders as the sandbox booked them.
    private func booked(_ stack: Stack, _ client: Client) async throws -> [JSONValue] {
        try await stack.sandboxJSON("GET", "/control/ledger?account=\(client.account)")["orders"]?
            .array ?? []
    }

    /// Submits one share for one client.
    private func submit(_ stack: Stack, _ client: Client, _ options: String...) async throws
        -> String
    {
        let words = ["submit", "TCS", "buy", "--quantity", "1", "--exact"]
        let task = try await stack.json(words + ["--clients", "\(client.id)"] + options)
        return "\(try #require(task["task_id"]?.int64))"
    }

    private func row(_ stack: Stack, _ task: String) async throws -> JSONValue {
        var rows: [JSONValue] = []
        // None before the trade is planned.
        try await eventually {
            rows = try await stack.json(["results", task]).array ?? []
            return !rows.isEmpty
        }
        return rows[0]
    }

    /// The trade's row once it is in this state.
    private func row(_ stack: Stack, _ task: String, reaches state: String) async throws
        -> JSONValue
    {
        var found = JSONValue.null
        try await eventually {
            found = try await row(stack, task)
            return found["state"]?.string == state
        }
        return found
    }

    /// The row once a look into silent books has left it UNKNOWN.
    private func unknownRow(_ stack: Stack, _ task: String) async throws -> JSONValue {
        var found = JSONValue.null
        try await eventually {
            found = try await row(stack, task)
            return (found["unknown"]?["looks"]?.int64 ?? 0) >= 1
        }
        return found
    }

    private func drift(_ stack: Stack, _ kind: String) async throws -> [JSONValue] {
        try await stack.json(["drift", "--kind", kind])["drift"]?.array ?? []
    }

    @Test func `a dropped answer is UNKNOWN until the book shows it, and is never sent again`()
        async throws
    {
        try await withStack { stack, clients in
            let client = clients[0]
            try await silenceBooks(stack, client)
            try await spoil(stack, client, "drop_after_booking")
            let task = try await submit(stack, client)
            let unknown = try await unknownRow(stack, task)
            #expect(unknown["state"]?.string == "UNKNOWN")
            #expect(unknown["unknown"]?["attempt"]?.int64 == 1)
            #expect(unknown["unknown"]?["last_answer"]?.string?.isEmpty == false)
            #expect(unknown["held_amount"]?.string != "0.00")
            let status = try await stack.json(["status", task])
            #expect(status["counts"]?["unknown"]?.int64 == 1)
            #expect(status["state"]?.string == "RUNNING")
            let listed = try await stack.json(["orders", "unknown"]).array ?? []
            #expect(listed.map { $0["order_id"] } == [unknown["order_id"]])
            let reference = try #require(unknown["unknown"]?["reference"]?.string)

            try await clearFaults(stack)
            _ = try await row(stack, task, reaches: "FILLED")
            let orders = try await booked(stack, client)
            #expect(orders.map { $0["reference"]?.string } == [reference])
            #expect(try await stack.json(["orders", "unknown"]).array?.isEmpty == true)
            // People were told once, though it was looked at several times.
            let warnings = try stack.logs().split(separator: "\n").filter {
                $0.contains("outcome is UNKNOWN") && $0.contains(reference)
            }
            #expect(warnings.count == 1)

            // An order placed by hand is seen, and left alone.
            try await placeByHand(stack, client)
            try await eventually { try await drift(stack, "external_order").count == 1 }
            let external = try #require(try await drift(stack, "external_order").first)
            #expect(external["ours"]?.isNull == true)
            #expect(external["client_id"]?.int64 == client.id)
            #expect(try await booked(stack, client).count == 2)
        }
    }

    @Test func `a request that never arrived is proven absent: it ends, or is sent once more`()
        async throws
    {
        try await withStack { stack, clients in
            try await spoil(stack, clients[0], "drop_before_booking")
            try await spoil(stack, clients[1], "drop_before_booking")
            let asked = try await submit(stack, clients[0])
            let resent = try await submit(stack, clients[1], "--on-doubt", "resend:600s")
            let ended = try await row(stack, asked, reaches: "REJECTED")
            #expect(ended["reason_code"]?.string == "proven_not_placed")
            #expect(ended["held_amount"]?.string == "0.00")
            #expect(try await booked(stack, clients[0]).isEmpty)

            _ = try await row(stack, resent, reaches: "FILLED")
            let orders = try await booked(stack, clients[1])
            #expect(orders.count == 1)
            // The second attempt's reference: the first one never arrived.
            #expect(orders.first?["reference"]?.string?.hasSuffix("02") == true)
            #expect(try await stack.json(["status", resent])["on_doubt"]?.string == "resend:600s")
            let attempts = try await stack.withDatabase { pool in
                try await pool.query(
                    PostgresStatement(
                        "SELECT state FROM order_attempt WHERE absences > 1 ORDER BY intent_id"
                    )
                ).map { $0.text(0) }
            }
            #expect(attempts == ["ABSENT", "ABSENT"])
        }
    }

    @Test func `an operator decides, and a book that says otherwise later is reported`()
        async throws
    {
        try await withStack { stack, clients in
            let (placed, wrong) = (clients[0], clients[1])
            for client in [placed, wrong] {
                try await silenceBooks(stack, client)
                try await spoil(stack, client, "drop_after_booking")
            }
            let first = try await submit(stack, placed)
            let second = try await submit(stack, wrong)
            let firstOrder = try #require(try await unknownRow(stack, first)["order_id"]?.int64)
            let secondOrder = try #require(try await unknownRow(stack, second)["order_id"]?.int64)

            let bookedID = try #require(
                try await booked(stack, placed).first?["order_id"]?.string
            )
            let decided = try await stack.json([
                "orders", "decide", "\(firstOrder)", "placed", "--broker-order-id", bookedID,
                "--reason", "seen in the app",
            ])
            #expect(decided["state"]?.string == "ACCEPTED")
            let notPlaced = [
                "orders", "decide", "\(secondOrder)", "not-placed", "--reason", "asked",
            ]
            #expect(try await stack.json(notPlaced)["state"]?.string == "REJECTED")
            // Decided once, it is not UNKNOWN any more.
            try await stack.run(notPlaced, expecting: 3)
            let ended = try await row(stack, second)
            #expect(ended["reason_code"]?.string == "decided_not_placed")
            #expect(ended["held_amount"]?.string == "0.00")

            try await clearFaults(stack)
            _ = try await row(stack, first, reaches: "FILLED")
            // The second was wrong: the broker has that order. Its fill is a fact and is booked.
            try await eventually { try await drift(stack, "placed_after_all").count == 1 }
            let contradiction = try #require(try await drift(stack, "placed_after_all").first)
            #expect(contradiction["order_id"]?.int64 == secondOrder)
            #expect(contradiction["theirs"]?["filled_quantity"]?.int64 == 1)
            _ = try await row(stack, second, reaches: "FILLED")
            for client in [placed, wrong] {
                #expect(try await booked(stack, client).count == 1)
            }
            let audited = try await stack.withDatabase { pool in
                try await pool.query(
                    PostgresStatement(
                        """
                        SELECT count(*) FROM audit_log
                        WHERE action = 'ORDER_DECIDED' AND user_id IS NOT NULL
                          AND detail ->> 'reason' IN ('seen in the app', 'asked')
                        """
                    )
                )[0].int(0)
            }
            #expect(audited == 2)
        }
    }

    /// An order without any reference of ours, as the client's own app would place it.
    private func placeByHand(_ stack: Stack, _ client: Client) async throws {
        let body =
            #"{"dhanClientId":"\#(client.account)","transactionType":"BUY","exchangeSegment":"#
            + #""NSE_EQ","productType":"CNC","orderType":"MARKET","validity":"DAY","#
            + #""securityId":"11536","quantity":3,"price":0,"triggerPrice":0}"#
        let answer = try await stack.client.send(
            HTTPRequest(
                method: "POST",
                url: "http://127.0.0.1:\(stack.sandbox.port)/dhan/v2/orders",
                headers: [
                    ("access-token", client.token), ("Content-Type", "application/json"),
                ],
                body: Array(body.utf8)
            )
        )
        try #require(answer.status == 200)
    }
}
