import JSON
import ServerTesting
import StackTesting
import Testing

/// A trader's client with one thing of every kind, so that every place of every path of the document
/// can be filled with the id of something real.
struct Victim {
    /// Texts that occur in what is the victim's, and nowhere else.
    private(set) var marks: Set<String> = ["VICTIM", Stack.trader.email]
    /// What stands in a path after a word.
    private(set) var ids: [String: String] = [:]
    /// Under which names answers tell ids, and which of them are the victim's.
    private(set) var told: [String: Set<Int64>] = [:]
    /// What fields of bodies and queries that name somebody's row are set to.
    private(set) var named: [String: JSONValue] = [
        "symbol": "RELIANCE", "group": "VICTIMS", "instrument_id": 1,
    ]
    /// Idempotency keys under which the victim has made something, by path.
    private(set) var keys: [String: String] = [:]
    let office: Office
    private let admin: Caller
    let client: Int64
    let trader: Int64

    /// Makes it all; the processes that work must be running, and the market must have prices.
    init(_ office: Office, _ admin: Caller, client: Int64, trader: Int64) async throws {
        self.office = office
        self.admin = admin
        self.client = client
        self.trader = trader
        try await takePositions()
        try await leave()
        try await keepOrders()
        try await prepare()
    }

    /// Makes the rest, with a scheduler that begins to look now; nothing but the API may run.
    mutating func finish() async throws {
        try await set()
        try await note()
    }

    /// Shares, some on lent money; a basket.
    private mutating func takePositions() async throws {
        _ = try await office.order(client, "SBIN", "BUY", 10)
        _ = try await office.order(client, "TCS", "BUY", 5)
        _ = try await office.order(client, "INFY", "BUY", 1_000, product: "MTF")
        let basket = try await make(
            "/api/v1/baskets",
            [
                "legs": [
                    ["symbol": "SBIN", "side": "BUY", "quantity": 1, "exact": true],
                    ["symbol": "TCS", "side": "BUY", "quantity": 1, "exact": true],
                ], "clients": .array([.integer(client)]),
            ],
            202,
            "basket_id"
        )
        ids["baskets"] = "\(basket)"
        try await eventually {
            try await office.trader.get("/api/v1/baskets/\(basket)").text("state") == "COMPLETE"
        }
    }

    /// An exit, which has a cancellation and a sale.
    private mutating func leave() async throws {
        let exit = try await make(
            "/api/v1/exits",
            ["scope": "symbol", "symbol": "TCS"],
            202,
            "exit_id"
        )
        ids["exits"] = "\(exit)"
        try await eventually {
            try await office.trader.get("/api/v1/exits/\(exit)").text("state") == "COMPLETE"
        }
    }

    /// A bulk trade that is being taken back, an order that rests and was changed, another that was
    /// cancelled, and one that waits for a price.
    private mutating func keepOrders() async throws {
        let task = try await make(
            "/api/v1/bulk-trades",
            [
                "symbol": "RELIANCE", "side": "BUY", "order_type": "LIMIT", "price": "2800.00",
                "quantity": 3, "exact": true, "clients": .array([.integer(client)]),
            ],
            202,
            "task_id"
        )
        ids["bulk-trades"] = "\(task)"
        let resting = try #require(try await office.rows(of: task, "OPEN", 1).first)
        let order = try #require(resting["order_id"]?.int64)
        ids["orders"] = "\(order)"
        told["order_id", default: []].insert(order)
        let change = try await make(
            "/api/v1/orders/\(order)",
            ["quantity": 4],
            202,
            "modification_id",
            method: "PATCH"
        )
        ids["modifications"] = "\(change)"
        try await eventually {
            try await office.trader.get("/api/v1/modifications/\(change)").text("state")
                == "APPLIED"
        }

        let single = try await office.place(
            client,
            [
                "symbol": "RELIANCE", "side": "BUY", "order_type": "LIMIT", "price": "2801.00",
                "quantity": 1, "exact": true,
            ]
        )
        let other = try #require(try await office.rows(of: single, "OPEN", 1).first)
        let cancelled = try #require(other["order_id"]?.int64)
        let cancel = try await make(
            "/api/v1/orders/\(cancelled)/cancel",
            ["reason": "VICTIM reason"],
            202,
            "cancellation_id"
        )
        ids["cancels"] = "\(cancel)"
        try await eventually {
            try await office.trader.get("/api/v1/cancels/\(cancel)").text("state") == "COMPLETE"
        }

        let waiting = try await make(
            "/api/v1/clients/\(client)/conditional-orders",
            [
                "kind": "SINGLE", "symbol": "RELIANCE", "side": "BUY", "quantity": 1,
                "direction": "FALLS_TO", "trigger_price": "2700.00", "price": "2705.00",
            ],
            202,
            "conditional_order_id"
        )
        ids["conditional-orders"] = "\(waiting)"
        try await eventually {
            try await office.trader.get("/api/v1/conditional-orders/\(waiting)").text("state")
                == "WAITING"
        }

        let undone = try await office.trade([
            "symbol": "SBIN", "side": "BUY", "quantity": 1, "exact": true,
            "clients": .array([.integer(client)]),
        ])
        _ = try await office.rows(of: undone, filled: 1)
        try await office.trader.post("/api/v1/bulk-trades/\(undone)/undo", [:], expecting: 202)
    }

    /// A preflight, a watchlist, money moved by hand, keys.
    private mutating func prepare() async throws {
        ids["preflights"] = String(
            try await make(
                "/api/v1/bulk-trades/preflight",
                [
                    "symbol": "SBIN", "side": "BUY", "quantity": 2, "exact": true,
                    "clients": .array([.integer(client)]),
                ],
                201,
                "preflight_id"
            )
        )
        ids["watchlists"] = String(
            try await make(
                "/api/v1/watchlists",
                ["name": "VICTIM list", "symbols": ["TCS"]],
                201,
                "watchlist_id"
            )
        )
        for kind in ["deposits", "withdrawals"] {
            _ = try await make(
                "/api/v1/clients/\(client)/\(kind)",
                ["amount": "5.00", "note": "VICTIM note"],
                201,
                nil
            )
        }
        let key = try await office.trader.post(
            "/api/v1/api-keys",
            ["name": "VICTIM key"],
            expecting: 201
        )
        ids["api-keys"] = "\(try #require(key.number("id")))"
        marks.insert(try #require(key.text("prefix")))
        let sessions = try await office.trader.get("/api/v1/sessions").list("sessions")
        let session = try #require(
            sessions.first?["id"]?.int64 ?? sessions.first?["session_id"]?.int64
        )
        ids["sessions"] = "\(session)"
        let shown = try await office.trader.get("/api/v1/clients/\(client)")
        let account = try #require(shown["broker_accounts"]?[0]?["id"]?.int64)
        ids["clients"] = "\(client)"
        ids["broker-accounts"] = "\(account)"
        marks.insert(try #require(shown["broker_accounts"]?[0]?["broker_client_id"]?.string))
    }

    /// Limits, an alert, a trade that waits for its approval, and a halt.
    private mutating func set() async throws {
        let scheduler = try office.stack.start("scheduler")
        try await office.market("INFY", at: "900.00")
        var alerts: [JSONValue] = []
        try await eventually {
            alerts = try await office.trader.get("/api/v1/alerts").list("alerts")
            return !alerts.isEmpty
        }
        #expect(try await scheduler.terminate() == 0)
        ids["alerts"] = "\(try #require(alerts.first?["id"]?.int64))"
        let limit = try await admin.send(
            "PATCH",
            "/api/v1/settings?trader_id=\(trader)",
            ["approval_clients": 0]
        )
        try #require(limit.status == 200, "\(limit.body.text)")
        ids["approvals"] = String(
            try await make(
                "/api/v1/bulk-trades",
                [
                    "symbol": "SBIN", "side": "BUY", "quantity": 1, "exact": true,
                    "clients": .array([.integer(client)]),
                ],
                202,
                "task_id"
            )
        )
        let limits = try await office.trader.send(
            "PUT",
            "/api/v1/clients/\(client)/limits",
            ["max_order_value": "1000000.00", "why": "VICTIM limit"]
        )
        try #require(limits.status == 200, "\(limits.body.text)")
        try await office.trader.post(
            "/api/v1/halts",
            ["scope": "client", "subject": .integer(client), "why": "VICTIM halt"],
            expecting: 204
        )
    }

    /// Writes down under which ids all of it is known.
    private mutating func note() async throws {
        let stack = office.stack
        for (name, query) in [
            ("client_id", "SELECT \(client)"), ("trader_id", "SELECT \(trader)"),
            (
                "user_id",
                "SELECT id FROM app_user WHERE trader_id = \(trader) AND client_id IS NULL"
            ),
            ("task_id", "SELECT id FROM bulk_task WHERE trader_id = \(trader)"),
            ("order_id", "SELECT id FROM order_intent WHERE client_id = \(client)"),
            ("cancellation_id", "SELECT id FROM cancellation WHERE trader_id = \(trader)"),
            ("exit_id", "SELECT id FROM position_exit WHERE trader_id = \(trader)"),
            ("basket_id", "SELECT id FROM basket WHERE trader_id = \(trader)"),
            ("preflight_id", "SELECT id FROM preflight WHERE trader_id = \(trader)"),
            (
                "modification_id",
                "SELECT m.id FROM modification m JOIN order_intent i ON i.id = m.intent_id"
                    + " WHERE i.client_id = \(client)"
            ),
            (
                "conditional_order_id",
                "SELECT id FROM conditional_order WHERE client_id = \(client)"
            ),
            ("watchlist_id", "SELECT id FROM watchlist"),
        ] {
            let found = try await stack.texts("SELECT id::text FROM (\(query)) AS q (id)")
            told[name, default: []].formUnion(found.compactMap { Int64($0) })
        }
        told["task_ids"] = told["task_id"]
        told["maker_id"] = told["user_id"]
        told["account_id"] = [Int64(ids["broker-accounts"] ?? "") ?? 0]
        named["account_id"] = .integer(Int64(ids["broker-accounts"] ?? "") ?? 0)
        for name in ["client_id", "trader_id", "user_id", "task_id", "order_id"] {
            named[name] = told[name]?.min().map { .integer($0) }
        }
        ids["users"] = told["user_id"]?.min().map { "\($0)" }
        named["clients"] = .array([.integer(client)])
        named["subject"] = .integer(client)
        for broker in try await stack.texts(
            "SELECT DISTINCT a.broker_order_id FROM order_attempt a JOIN order_intent i"
                + " ON i.id = a.intent_id WHERE i.client_id = \(client)"
                + " AND a.broker_order_id IS NOT NULL"
        ) { marks.insert(broker) }
    }

    /// Adds what somebody else has made for the victim.
    mutating func add(_ id: Int64, after word: String) { ids[word] = "\(id)" }

    /// Makes something by the API, and remembers under which key.
    private mutating func make(
        _ path: String,
        _ body: JSONValue,
        _ status: Int,
        _ id: String?,
        method: String = "POST"
    ) async throws -> Int64 {
        let key = Names.next()
        keys[path.split(separator: "/").last.map(String.init) ?? ""] = key
        let made = try await office.trader.send(method, path, body, key: key)
        try #require(made.status == status, "\(path): \(made.body.text)")
        return try #require(id.map { made.number($0) } ?? 0)
    }

    /// The path with the victim's ids; nil, and an issue, where none is known for a place.
    func path(_ operation: ServedDocument.Operation) -> String? {
        var before = ""
        var parts: [String] = []
        for part in operation.path.split(separator: "/").map(String.init) {
            guard part.hasPrefix("{") else {
                parts.append(part)
                before = part
                continue
            }
            let id = part == "{broker}" ? "dhan" : ids[before]
            guard let id else {
                Issue.record(
                    """
                    \(operation): nobody is attacked here yet. Let Victim make something of the kind \
                    that \(part) after `\(before)` names, and put its id into Victim.ids["\(before)"].
                    """
                )
                return nil
            }
            parts.append(id)
        }
        return "/" + parts.joined(separator: "/")
    }

    /// What an answer has of the victim's: marks in its text, ids under their names.
    func traces(in answer: Stranger.Answer, ofTrader: Bool = true) -> Set<String> {
        // Metrics are numbers from end to end, some of which look like a broker's.
        let isNumbers = answer.text.hasPrefix("# HELP")
        var found = marks.filter {
            answer.text.contains($0) && !(isNumbers && Int64($0) != nil)
        }
        if !ofTrader { found.remove(Stack.trader.email) }
        func look(_ value: JSONValue, _ name: String) {
            if let id = value.int64, told[name]?.contains(id) == true {
                if ofTrader || !["trader_id", "user_id"].contains(name) {
                    found.insert("\(name) \(id)")
                }
            }
            for item in value.array ?? [] { look(item, name) }
            for (name, item) in value.object ?? JSONObject() { look(item, name) }
        }
        if let json = answer.json { look(json, "") }
        return found
    }
}
