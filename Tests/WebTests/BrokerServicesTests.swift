import Desk
import DeskTesting
import JSON
import Testing
import Trading

@Suite("Accounts at their brokers", .timeLimit(.minutes(20)))
struct BrokerServicesTests {
    private static func path(_ account: BrokerAccount, _ what: String) -> String {
        "/api/v1/clients/\(account.client)/broker-accounts/\(account.id)/\(what)"
    }

    private static func account(_ world: WebWorld) async throws -> BrokerAccount {
        let client = world.store.addClient(
            "A",
            of: world.traderID,
            broker: .dhan,
            egress: "10.0.0.1"
        )
        return try #require(try await world.store.client(client)?.accounts.first)
    }

    private static let reads = [
        "funds", "profile", "ledger?from=2026-11-01&to=2026-11-20",
        "past-trades?from=2026-11-01&to=2026-11-20", "kill-switch", "profit-exit", "addresses",
        "sale-authorization", "profit-report?financial_year=2025-26",
        "profit-report/charges?financial_year=2025-26&segment=FO", "payments", "auctions",
    ]

    private static let changes: [(method: String, what: String, body: String)] = [
        ("PUT", "kill-switch", #"{"on":true,"reason":"lost control"}"#),
        (
            "PUT", "profit-exit",
            #"{"profit":"1500.50","loss":"500","products":["INTRADAY"],"reason":"limits"}"#
        ),
        ("PUT", "addresses", #"{"primary":"10.0.0.1","secondary":"10.0.0.2","reason":"moved"}"#),
        (
            "POST", "convert-position",
            """
            {"symbol":"RELIANCE","side":"BUY","quantity":5,"from_product":"INTRADAY",
            "to_product":"CNC","reason":"keep"}
            """
        ),
        (
            "POST", "sale-authorization",
            #"{"shares":[{"isin":"INE002A01018","quantity":5}],"reason":"sell"}"#
        ), ("POST", "sale-authorization/pin", #"{"reason":"sell"}"#),
    ]

    @Test("Everything that is asked is answered, and a stranger finds nothing", arguments: reads)
    func reading(_ what: String) async throws {
        try await WebWorld.serving { world in
            let account = try await Self.account(world)
            let path = Self.path(account, what)
            let answer = try await world.ask("GET", path, as: world.trader)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json.object?.keys.isEmpty == false)
            try await world.ask("GET", path, as: world.other).expectProblem(404, "not_found")
            try await world.ask("GET", path).expectProblem(401, "not_logged_in")
            let wrong = path.replacing("broker-accounts/\(account.id)", with: "broker-accounts/999")
            try await world.ask("GET", wrong, as: world.trader).expectProblem(404, "not_found")
            // A client may look at its own account.
            let client = world.clientUser(account.client)
            #expect(try await world.ask("GET", path, as: client).status == 200)
        }
    }

    @Test("A change needs a reason, is audited, and is not a client's or a stranger's to make")
    func changing() async throws {
        try await WebWorld.serving { world in
            let account = try await Self.account(world)
            let client = world.clientUser(account.client)
            for (method, what, body) in Self.changes {
                let path = Self.path(account, what)
                let before = world.store.brokerActions.count
                for person in [world.other, client] {
                    let answer = try await world.ask(method, path, as: person, body)
                    #expect(answer.status == 404 || answer.status == 403, "\(what)")
                }
                let blank = body.replacing(#""reason":""#, with: #""raison":""#)
                let refused = try await world.ask(method, path, as: world.trader, blank)
                #expect(refused.status == 422 && refused.text.contains("reason"), "\(what)")
                #expect(world.store.brokerActions.count == before)

                let answer = try await world.ask(method, path, as: world.trader, body)
                #expect([200, 204].contains(answer.status), "\(what): \(answer.text)")
                let noted = world.store.brokerActions.dropFirst(before)
                #expect(noted.map(\.action.stage) == [.begun, .done], "\(what)")
                #expect(noted.allSatisfy { $0.actor.user == world.trader.user })
                if what == "addresses" {
                    // The broker ended the session with it, and nothing more is asked through it.
                    try await world.ask("GET", Self.path(account, "funds"), as: world.trader)
                        .expectProblem(409, "session_expired")
                    try await world.renew(account)
                }
            }
            let state = world.services.now
            #expect(state.isKilled && state.rule?.profit == Money(paise: 150_050))
            #expect(state.addresses.registered == ["10.0.0.1", "10.0.0.2"])
            #expect(state.conversions.count == 1 && state.pins == 1)
            let gone = try await world.ask(
                "DELETE",
                Self.path(account, "profit-exit?reason=calm"),
                as: world.trader
            )
            #expect(gone.json["on"]?.bool == false && world.services.now.rule == nil)
            try await world.ask("DELETE", Self.path(account, "profit-exit"), as: world.trader)
                .expectProblem(422, "invalid_fields", field: "reason")
        }
    }

    @Test("What orders would need is told with what is missing; nothing is placed")
    func margins() async throws {
        try await WebWorld.serving { world in
            let account = try await Self.account(world)
            let order = #"{"symbol":"reliance","side":"BUY","quantity":10,"price":"2950.50"}"#
            let body = #"{"orders":[\#(order),\#(order)]}"#
            let margin = try await world.ask(
                "POST",
                Self.path(account, "margin"),
                as: world.trader,
                body
            )
            #expect(margin.json["required"]?.string == "5901.00", "\(margin.text)")
            #expect(margin.json["available"]?.string == "1000.00")
            #expect(margin.json["missing"]?.string == "4901.00")
            #expect(world.services.now.orders.first?.type == .limit)
            let charges = try await world.ask(
                "POST",
                Self.path(account, "charges"),
                as: world.trader,
                body
            )
            #expect(charges.json["total"]?.string == "40.00")
            #expect(charges.json["orders"]?[1]?["lines"]?[0]?["kind"]?.string == "brokerage")
            #expect(world.broker.placements.isEmpty)
        }
    }

    @Test("What cannot be asked is refused by the field's name")
    func badInput() async throws {
        try await WebWorld.serving { world in
            let account = try await Self.account(world)
            let cases: [(String, String, String, String)] = [
                ("POST", "margin", #"{"orders":[]}"#, "orders"),
                ("POST", "margin", #"{"orders":"all"}"#, "orders"),
                (
                    "POST", "margin",
                    #"{"orders":[{"symbol":"RELIANCE","side":"BUY","quantity":1}]}"#, "price"
                ),
                (
                    "POST", "margin",
                    #"{"orders":[{"symbol":"NOPE","side":"BUY","quantity":1,"price":"1"}]}"#,
                    "symbol"
                ),
                ("PUT", "kill-switch", #"{"on":"yes","reason":"x"}"#, "on"),
                ("PUT", "addresses", #"{"primary":"localhost","reason":"x"}"#, "primary"),
                (
                    "PUT", "addresses",
                    #"{"primary":"::1","secondary":"0:0:0:0:0:0:0:1","reason":"x"}"#, "secondary"
                ),
                ("POST", "sale-authorization", #"{"shares":[],"reason":"x"}"#, "shares"),
                (
                    "POST", "sale-authorization",
                    #"{"shares":[{"isin":"x y","quantity":1}],"reason":"x"}"#, "shares"
                ),
                ("GET", "ledger?from=2026-11-01", "", "to"),
                ("GET", "ledger?from=2026-13-01&to=2026-11-01", "", "from"),
                ("GET", "ledger?from=2026-11-02&to=2026-11-01", "", "to"),
                ("GET", "past-trades?from=2020-01-01&to=2026-11-01", "", "to"),
            ]
            for (method, what, body, field) in cases {
                try await world.ask(
                    method,
                    Self.path(account, what),
                    as: world.trader,
                    body.isEmpty ? nil : body
                ).expectProblem(422, "invalid_fields", field: field)
            }
            #expect(world.store.brokerActions.isEmpty)
        }
    }

    @Test("Why there is no answer is a problem that says what to do")
    func failures() async throws {
        try await WebWorld.serving { world in
            let account = try await Self.account(world)
            let path = Self.path(account, "kill-switch")
            let failures: [(BrokerFailure, Int, String)] = [
                (.refused(code: "DH-906", words: "close all first"), 409, "broker_refused"),
                (.unreachable("HTTP 502"), 502, "broker_unanswered"),
                (.limited(retryAfter: .seconds(1)), 429, "broker_limit"),
                (.sessionEnded("DH-901"), 409, "session_expired"),
            ]
            for (failure, status, code) in failures {
                world.services.set { $0.failure = failure }
                let answer = try await world.ask(
                    "PUT",
                    path,
                    as: world.trader,
                    #"{"on":true,"reason":"x"}"#
                )
                answer.expectProblem(status, code)
            }
            #expect(!world.services.now.isKilled)
            try await world.renew(account)
            world.broker.set { $0.services = BrokerServices() }
            try await world.ask("GET", path, as: world.trader).expectProblem(409, "not_offered")
        }
    }

    @Test("An egress that is neither an address nor a proxy is refused when it is set")
    func egress() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("A", of: world.traderID)
            let path = "/api/v1/clients/\(client)/broker-accounts"
            for (egress, isGood) in [
                ("10.0.0.7", true), ("socks5://u:p@proxy.test:1080", true), ("eth0", false),
                ("10.0.0", false), ("ftp://proxy.test", false),
            ] {
                let answer = try await world.ask(
                    "PUT",
                    path,
                    as: world.trader,
                    """
                    {"broker":"dhan","broker_client_id":"D9","access_token":"t",
                    "egress":"\(egress)"}
                    """
                )
                if isGood {
                    #expect(answer.status == 200, "\(egress)")
                } else {
                    answer.expectProblem(422, "invalid_fields", field: "egress")
                }
            }
        }
    }
}

extension WebWorld {
    /// Gives the account a session anew.
    fileprivate func renew(_ account: BrokerAccount) async throws {
        let draft = AccountDraft(
            client: account.client,
            broker: account.broker,
            brokerClientID: account.brokerClientID,
            token: Secret("anew"),
            sessionEnds: nil,
            egress: account.egress
        )
        _ = try await store.connect(draft, by: Actor(user: nil))
    }
}

extension BrokerServicesTests {
    @Test("The broker's own exit needs a reason and the account's number, and leads to looks")
    func nativeExit() async throws {
        try await WebWorld.serving { world in
            let account = try await Self.account(world)
            let number = account.brokerClientID
            func ask(_ query: String, as person: Identity) async throws -> WebAnswer {
                try await world.ask(
                    "DELETE",
                    Self.path(account, "positions" + query),
                    as: person
                )
            }
            let whole = "?reason=stuck&confirm=\(number)"
            for person in [world.other, world.clientUser(account.client)] {
                let answer = try await ask(whole, as: person)
                #expect(answer.status == 404 || answer.status == 403)
            }
            try await ask("?confirm=\(number)", as: world.trader)
                .expectProblem(422, "invalid_fields", field: "reason")
            for query in ["?reason=stuck", "?reason=stuck&confirm=\(number)9"] {
                try await ask(query, as: world.trader)
                    .expectProblem(422, "invalid_fields", field: "confirm")
            }
            #expect(world.services.now.exits == 0 && world.store.brokerActions.isEmpty)

            let answer = try await ask(whole, as: world.trader)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["reach"]?.string == "positions_and_orders")
            #expect(answer.json["broker_order_ids"]?[0]?.string == "77")
            #expect(world.services.now.exits == 1)
            #expect(world.store.brokerActions.map(\.action.kind) == [.nativeExit, .nativeExit])
            #expect(world.store.brokerActions.map(\.action.stage) == [.begun, .done])
            // Also where nobody knows what became of it.
            world.services.set { $0.failure = .unreachable("no answer") }
            try await ask(whole, as: world.trader).expectProblem(502, "broker_unanswered")
            try await world.hints.flush()
            #expect(world.conditionals.hints == [.unheard(account.id)])
        }
    }

    @Test("A profit report is of one financial year, a page at a time, with each row's profit")
    func profitReport() async throws {
        try await WebWorld.serving { world in
            let account = try await Self.account(world)
            func ask(_ query: String) async throws -> WebAnswer {
                try await world.ask(
                    "GET",
                    Self.path(account, "profit-report?" + query),
                    as: world.trader
                )
            }
            let first = try await ask("financial_year=2025-26")
            #expect(first.json["total_rows"]?.int64 == 2 && first.json["next_page"]?.int64 == 1)
            #expect(first.json["rows"]?[0]?["profit"]?.string == "-50.00")
            #expect(first.json["rows"]?[0]?["buy_day"]?.string == "01-04-2025")
            let last = try await ask(
                "financial_year=2025-26&segment=CD&from=2025-04-01&to=2026-03-31&page=1"
            )
            #expect(last.json["next_page"]?.isNull == true)
            let periods = world.services.now.periods
            #expect(periods.map(\.segment) == [.equity, .currencies])
            #expect(periods.map(\.startYear) == [2_025, 2_025] && periods[0].days == nil)
            for query in ["", "financial_year=2526", "financial_year=2025-27"] {
                try await ask(query).expectProblem(
                    422,
                    "invalid_fields",
                    field: "financial_year"
                )
            }
            for days in ["from=2025-03-31&to=2025-04-02", "from=2026-03-01&to=2026-04-01"] {
                try await ask("financial_year=2025-26&" + days)
                    .expectProblem(422, "invalid_fields", field: "from")
            }
            try await ask("financial_year=2025-26&segment=XX")
                .expectProblem(422, "invalid_fields", field: "segment")
        }
    }
}
