import JSON

/// Holds all bulk trades against all that the sandbox has booked, in both directions.
///
/// What `DemoVerification` shows of one task, this shows of everything that ever happened to an
/// installation: nothing was placed twice, nothing was lost, nothing is stuck.
struct BooksVerification {
    private static let finalStates: Set<String> = [
        "FILLED", "SKIPPED", "REJECTED", "CANCELLED", "EXPIRED",
    ]

    private let terminal: Terminal
    private let api: APIClient
    private let sandbox: APIClient
    /// Seconds to wait until every order has ended.
    private let patience: Int

    init(_ terminal: Terminal, _ api: APIClient, _ sandbox: APIClient, patience: Int) {
        self.terminal = terminal
        self.api = api
        self.sandbox = sandbox
        self.patience = patience
    }

    func run() async throws -> Int32 {
        let trades = try await settledTrades()
        var rows: [JSONValue] = []
        var checks = Checks()
        var sums: [(status: JSONValue, rows: [JSONValue])] = []
        for trade in trades {
            let id = trade["task_id"]?.int64 ?? 0
            let own = try await api.pages("/api/v1/bulk-trades/\(id)/results?limit=5000", "results")
            sums.append((trade, own))
            rows += own
        }
        let booked = try await sandbox.pages("/control/ledger?limit=1000", "orders")
        checkOrders(rows, booked, &checks)
        checkEndings(trades, sums, rows, &checks)
        let clients = try await api.pages("/api/v1/clients?limit=1000", "clients")
        checks.balances(of: clients)
        checks.nothingIsHeld(by: rows)
        checks.all(clients, "no client's money is held while nothing is open") {
            JSONNumber($0["funds"]?["held"]?.string ?? "")?.scaled(2) == 0
        }
        return checks.show(on: terminal)
    }

    /// The statuses of all trades, once each has come to its end or patience has.
    private func settledTrades() async throws -> [JSONValue] {
        for second in 0... {
            let statuses = try await statuses()
            let open = statuses.reduce(0) { $0 + openOrders($1) }
            let running = statuses.count { $0["state"]?.string != "COMPLETE" }
            if open + Int64(running) == 0 || second >= patience {
                terminal.endProgress()
                return statuses
            }
            terminal.progress("waiting: \(open) orders are open (\(second) s)")
            try await Task.sleep(for: .seconds(1))
        }
        return []
    }

    private func openOrders(_ status: JSONValue) -> Int64 {
        (status["states"]?.object?.keys ?? []).reduce(0) { sum, state in
            Self.finalStates.contains(state) ? sum : sum + (status["states"]?[state]?.int64 ?? 0)
        }
    }

    private func statuses() async throws -> [JSONValue] {
        var ids: [Int64] = []
        var before = ""
        while true {
            let page = try await api.get("/api/v1/bulk-trades?limit=200" + before)
            ids += (page["bulk_trades"]?.array ?? []).compactMap { $0["task_id"]?.int64 }
            guard let next = page["next"]?.int64 else { break }
            before = "&before=\(next)"
        }
        var statuses: [JSONValue] = []
        for id in ids { statuses.append(try await api.get("/api/v1/bulk-trades/\(id)")) }
        return statuses
    }

    private func checkOrders(_ rows: [JSONValue], _ booked: [JSONValue], _ checks: inout Checks) {
        let byReference = Dictionary(grouping: booked) { $0["reference"]?.string ?? "" }
        checks.all(Array(byReference), "no reference is booked twice") {
            !$0.key.isEmpty && $0.value.count == 1
        }
        let sent = rows.filter { !($0["broker_order_id"]?.isNull ?? true) }
            .filter { $0["broker"]?.string != "paper" }
        let ours = Dictionary(grouping: sent) { $0["broker_order_id"]?.string ?? "" }
        checks.all(booked, "every booked order is known to us, as one client's") {
            ours[$0["order_id"]?.string ?? ""]?.count == 1
        }
        let byOrder = Dictionary(grouping: booked) { $0["order_id"]?.string ?? "" }
        checks.all(sent, "every order placed is booked once, with its quantity and its fills") {
            let found = byOrder[$0["broker_order_id"]?.string ?? ""] ?? []
            return found.count == 1 && found[0]["quantity"]?.int64 == $0["quantity"]?.int64
                && found[0]["filled_quantity"]?.int64 == $0["filled_quantity"]?.int64
        }
    }

    private func checkEndings(
        _ trades: [JSONValue],
        _ sums: [(status: JSONValue, rows: [JSONValue])],
        _ rows: [JSONValue],
        _ checks: inout Checks
    ) {
        checks.all(trades, "every bulk trade is complete") { $0["state"]?.string == "COMPLETE" }
        checks.all(rows, "every order has ended") {
            Self.finalStates.contains($0["state"]?.string ?? "")
        }
        checks.all(sums, "every bulk trade's counts are the sums of its rows") { status, rows in
            let words = Dictionary(grouping: rows) { $0["status"]?.string ?? "" }
            let counted = status["counts"]
            return ["success", "failed", "skipped", "unknown", "pending"].allSatisfy {
                counted?[$0]?.int64 == Int64(words[$0]?.count ?? 0)
            } && counted?["total"]?.int64 == Int64(rows.count)
        }
    }
}
