import JSON
import ServerTesting
import StackTesting
import Testing

/// A trader's office in a scenario: a running Volley, its clients, and the simulated market.
struct Office {
    /// A client as the scenario tells of one.
    struct Member {
        let name: String
        /// Whole rupees.
        let capital: Int64
        var broker: String? = "dhan"
        var status = "active"
        /// Whether the broker knows the client's session.
        var isLoggedIn = true
        /// What the broker counts, in whole rupees, where that is not the capital.
        var cash: Int64?
        var code: String?
        var email: String?
        var group: String?
    }

    let stack: Stack
    let trader: Caller

    /// Starts all roles, two workers among them, and logs the trader in.
    static func open(_ body: (Office) async throws -> Void) async throws {
        try await Stack.with { stack in
            try stack.start("worker")
            try stack.start("worker")
            try stack.start("scheduler")
            try stack.start("relay")
            try await stack.startAPI()
            let trader = try await Caller(
                stack,
                email: Stack.trader.email,
                password: Stack.trader.password
            )
            try await body(Office(stack: stack, trader: trader))
            // Whatever happened, every balance is what the rows say, and nothing was placed twice.
            try await stack.run(["admin", "check-ledger"])
            let ledger = try await stack.sandboxJSON("GET", "/control/ledger/summary")
            #expect(ledger["duplicates"]?.int64 == 0)
        }
    }

    /// Makes clients with accounts at their brokers; their ids, in the same order.
    func admit(_ members: [Member]) async throws -> [Int64] {
        var ids: [Int64] = []
        for member in members { ids.append(try await admit(member)) }
        return ids
    }

    private func admit(_ member: Member) async throws -> Int64 {
        let created = try await trader.post(
            "/api/v1/clients",
            [
                "code": .string(member.code ?? Names.next()), "name": .string(member.name),
                "status": .string(member.status), "capital": .string("\(member.capital)"),
                "email": member.email.map { .string($0) } ?? .null,
                "groups": .array(member.group.map { [.string($0)] } ?? []),
            ],
            expecting: 201
        )
        let id = try #require(created.number("id"))
        guard let broker = member.broker else { return id }
        let account = "\(2_200_000_000 + id)"
        // At Zerodha a session is the app's key and the token.
        let token = (broker == "zerodha" ? "demo:" : "") + "token-of-\(id)"
        let known: JSONValue = [
            "face": .string(broker), "client_id": .string(account),
            "token": .string(member.isLoggedIn ? token : "ended"),
            "funds": .string("\(member.cash ?? member.capital)"),
        ]
        _ = try await stack.sandboxJSON("POST", "/control/accounts", known.text)
        let connected = try await trader.send(
            "PUT",
            "/api/v1/clients/\(id)/broker-accounts",
            [
                "broker": .string(broker), "broker_client_id": .string(account),
                "access_token": .string(token),
            ]
        )
        try #require(connected.status == 200, "\(connected.body.text)")
        return id
    }

    /// Sets a price, with so many shares behind it that each order fills at it.
    func market(_ symbol: String, at rupees: String) async throws {
        let price: JSONValue = [
            "symbol": .string(symbol), "price": .string(rupees), "frozen": true,
            "depth": 10_000_000,
        ]
        _ = try await stack.sandboxJSON("POST", "/control/prices", price.text)
    }

    /// Submits a bulk trade and waits until every client has an answer; the task's id.
    func trade(_ body: JSONValue) async throws -> Int64 {
        let accepted = try await trader.post("/api/v1/bulk-trades", body, expecting: 202)
        let task = try #require(accepted.number("task_id"))
        try await finished(task)
        return task
    }

    /// Places one client's order and waits until it has an answer; its task's id.
    func place(_ client: Int64, _ body: JSONValue) async throws -> Int64 {
        let accepted = try await trader.post(
            "/api/v1/clients/\(client)/orders",
            body,
            expecting: 202
        )
        let task = try #require(accepted.number("task_id"))
        try await finished(task)
        return task
    }

    /// Places an order at the market and waits until it is filled; its row.
    func order(
        _ client: Int64,
        _ symbol: String,
        _ side: String,
        _ quantity: Int64,
        product: String = "CNC"
    ) async throws -> JSONValue {
        let task = try await place(
            client,
            [
                "symbol": .string(symbol), "side": .string(side), "quantity": .integer(quantity),
                "exact": true, "product": .string(product),
            ]
        )
        return try #require(try await rows(of: task, filled: 1).first)
    }

    /// Waits until every client of a task has an answer.
    func finished(_ task: Int64) async throws {
        try await eventually {
            try await trader.get("/api/v1/bulk-trades/\(task)").text("state") == "COMPLETE"
        }
    }

    /// Waits until so many orders of a task are filled, and returns all its rows.
    func rows(of task: Int64, filled: Int) async throws -> [JSONValue] {
        try await rows(of: task, "FILLED", filled)
    }

    /// Waits until so many orders of a task are in a state, and returns all its rows.
    func rows(of task: Int64, _ state: String, _ count: Int) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        do {
            try await eventually {
                rows = try await trader.get("/api/v1/bulk-trades/\(task)/results").list("results")
                return rows.count { $0["state"]?.string == state } == count
            }
        } catch {
            for row in rows where row["state"]?.string != state {
                Issue.record("never \(state): \(row.text)")
            }
            throw error
        }
        return rows
    }

    /// One of a client's balances, such as `available`, in rupees.
    func funds(_ client: Int64, _ account: String) async throws -> String? {
        try await trader.get("/api/v1/clients/\(client)")["funds"]?[account]?.string
    }

    /// Whether the audit log has an action, with a text in it, for a client.
    func audited(_ action: String, _ text: String = "", client: Int64) async throws -> Bool {
        let rows = try await trader.get("/api/v1/audit?action=\(action)&client_id=\(client)")
        return rows.list("entries").contains { $0.text.contains(text) }
    }
}
