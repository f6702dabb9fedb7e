import JSON

/// Holds a task's results against the sandbox's own ledger and the clients' money.
struct DemoVerification {
    private let terminal: Terminal
    private let api: APIClient
    private let sandbox: APIClient
    /// Seconds to wait for fills.
    private let patience: Int

    init(_ terminal: Terminal, _ api: APIClient, _ sandbox: APIClient, patience: Int) {
        self.patience = patience
        self.terminal = terminal
        self.api = api
        self.sandbox = sandbox
    }

    func run(task: Int?) async throws -> Int32 {
        let id = try await taskID(task)
        let status = try await settledStatus(id)
        var checks = Checks()
        let rows = try await results(id)
        let booked = try await ledger(status)
        try await compare(rows, with: booked, &checks)
        let clients = try await clients()
        checkSizes(rows, status, clients, &checks)
        checks.balances(of: Array(clients.values))
        checks.nothingIsHeld(by: rows)
        return checks.show(on: terminal)
    }

    private func taskID(_ task: Int?) async throws -> Int64 {
        if let task { return Int64(task) }
        let newest = try await api.get("/api/v1/bulk-trades?limit=1")
        guard let id = newest["bulk_trades"]?.array?.first?["task_id"]?.int64 else {
            throw UsageError("there is no task yet")
        }
        return id
    }

    /// Waits until nothing is pending or live.
    private func settledStatus(_ id: Int64) async throws -> JSONValue {
        var status = try await api.get("/api/v1/bulk-trades/\(id)")
        for second in 0..<patience {
            let live = ["READY", "SENDING", "UNKNOWN", "ACCEPTED", "OPEN", "PARTLY_FILLED"]
                .reduce(Int64(0)) { $0 + (status["states"]?[$1]?.int64 ?? 0) }
            if live == 0, status["state"]?.string == "COMPLETE" { break }
            terminal.progress("waiting for fills: \(live) orders are open (\(second) s)")
            try await Task.sleep(for: .seconds(1))
            status = try await api.get("/api/v1/bulk-trades/\(id)")
        }
        terminal.endProgress()
        return status
    }

    private func results(_ id: Int64) async throws -> [JSONValue] {
        try await api.pages("/api/v1/bulk-trades/\(id)/results?limit=5000", "results")
    }

    private func clients() async throws -> [Int64: JSONValue] {
        let all = try await api.pages("/api/v1/clients?limit=1000", "clients")
        return Dictionary(all.map { ($0["id"]?.int64 ?? 0, $0) }) { first, _ in first }
    }

    private func ledger(_ status: JSONValue) async throws -> [JSONValue] {
        let symbol = status["symbol"]?.string ?? ""
        let side = status["side"]?.string ?? ""
        return try await sandbox.pages(
            "/control/ledger?symbol=\(symbol)&side=\(side)&limit=1000",
            "orders"
        )
    }

    private func compare(
        _ rows: [JSONValue],
        with booked: [JSONValue],
        _ checks: inout Checks
    ) async throws {
        let sent = rows.filter {
            $0["status"]?.string == "success" && $0["broker"]?.string != "paper"
        }
        let byOrder = Dictionary(grouping: booked) { $0["order_id"]?.string ?? "" }
        checks.all(sent, "every order placed is in the broker's ledger once, with its quantity") {
            let found = byOrder[$0["broker_order_id"]?.string ?? "-"] ?? []
            return found.count == 1 && found[0]["quantity"]?.int64 == $0["quantity"]?.int64
        }
        let references = Dictionary(grouping: booked) { $0["reference"]?.string ?? "" }
        checks.all(Array(references), "no reference is booked twice") { $0.value.count == 1 }
        let summary = try await sandbox.get("/control/ledger/summary")
        checks.all([summary], "the sandbox's summary counts no duplicate") {
            $0["duplicates"]?.int64 == 0
        }
        let others = rows.filter { $0["status"]?.string == "skipped" }
        checks.all(others, "every client who takes no part has a reason") {
            $0["reason_code"]?.string != nil
        }
        checks.all(rows, "every order has ended") {
            ["FILLED", "SKIPPED", "REJECTED", "CANCELLED", "EXPIRED"]
                .contains($0["state"]?.string ?? "")
        }
    }

    /// `floor(capital × percent ÷ price)`, computed here a second time.
    private func checkSizes(
        _ rows: [JSONValue],
        _ status: JSONValue,
        _ clients: [Int64: JSONValue],
        _ checks: inout Checks
    ) {
        guard status["side"]?.string == "BUY",
            let percent = status["percent"]?.string.flatMap({ JSONNumber($0)?.scaled(2) })
        else { return }
        let placed = rows.filter { $0["status"]?.string == "success" }
        checks.all(placed, "every quantity is floor(capital × percent ÷ price)") { row in
            guard let client = clients[row["client_id"]?.int64 ?? 0],
                let capital = JSONNumber(client["capital"]?.string ?? "")?.scaled(2),
                let price = JSONNumber(row["sizing_price"]?.string ?? "")?.scaled(2), price > 0
            else { return false }
            return row["quantity"]?.int64 == capital * percent / 10_000 / price
        }
    }
}
