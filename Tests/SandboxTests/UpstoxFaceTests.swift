import BrokerFaces
import Exchange
import HTTPClient
import JSON
import Testing

/// Upstox's face by the broker's documents, without our adapter.
@Suite(.timeLimit(.minutes(20))) struct UpstoxFaceTests {
    private static let account = #"{"face":"upstox","client_id":"1000000001","token":"TESTTOKEN"}"#

    private static func visit(
        _ configuration: SandboxConfiguration = SandboxGuest.quiet,
        _ body: (SandboxGuest) async throws -> Void
    ) async throws {
        try await SandboxGuest.visit(configuration, account: account) { guest in
            try await guest.freeze("RELIANCE", "2950.00")
            try await body(guest)
        }
    }

    private static func order(_ change: (inout [String: String]) -> Void = { _ in }) -> String {
        var fields = [
            "quantity": "5", "product": #""D""#, "validity": #""DAY""#, "price": "2900.0",
            "tag": #""t-1""#, "slice": "false", "instrument_token": #""NSE_EQ|INE002A01018""#,
            "order_type": #""LIMIT""#, "transaction_type": #""BUY""#, "disclosed_quantity": "0",
            "trigger_price": "0.0", "is_amo": "false",
        ]
        change(&fields)
        return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let field: String
        let value: String?
        let code: Int
        var more: [String: String] = [:]
        var testDescription: String { "\(field) \(value ?? "missing")" }
    }

    static let wrong = [
        Wrong(field: "quantity", value: "0", code: 1052),
        Wrong(field: "quantity", value: "-1", code: 1052),
        Wrong(field: "quantity", value: "1.5", code: 1052),
        Wrong(field: "product", value: #""CNC""#, code: 100036),
        Wrong(field: "validity", value: #""GTC""#, code: 1055),
        Wrong(field: "validity", value: nil, code: 1007),
        Wrong(field: "order_type", value: #""LMT""#, code: 1056),
        Wrong(field: "order_type", value: nil, code: 1004),
        Wrong(field: "transaction_type", value: #""B""#, code: 100036),
        Wrong(field: "price", value: "0", code: 1029),
        Wrong(field: "price", value: "-1", code: 1043),
        Wrong(field: "order_type", value: #""MARKET""#, code: 1030),
        Wrong(field: "order_type", value: #""SL""#, code: 1036),
        Wrong(field: "order_type", value: #""SL""#, code: 1031, more: ["price": "0"]),
        Wrong(field: "order_type", value: #""SL-M""#, code: 1032),
        Wrong(field: "instrument_token", value: #""RELIANCE""#, code: 1011),
        Wrong(field: "instrument_token", value: #""NSE_EQ|INE000000000""#, code: 100011),
        Wrong(field: "disclosed_quantity", value: "-1", code: 1039),
        Wrong(field: "tag", value: "\"\(String(repeating: "t", count: 41))\"", code: 1119),
        Wrong(field: "is_amo", value: nil, code: 100038),
        Wrong(field: "trigger_price", value: nil, code: 100038),
        Wrong(
            field: "market_protection",
            value: "0",
            code: 1158,
            more: ["order_type": #""MARKET""#, "price": "0"]
        ),
        Wrong(
            field: "market_protection",
            value: "26",
            code: 1159,
            more: ["order_type": #""MARKET""#, "price": "0"]
        ),
    ]

    @Test(arguments: wrong)
    func `a field that cannot be taken is refused under its own number`(_ wrong: Wrong)
        async throws
    {
        try await Self.visit { guest in
            let body = Self.order { fields in
                fields.merge(wrong.more) { $1 }
                fields[wrong.field] = wrong.value
            }
            let answer = try await guest.upstox("POST", "/v3/order/place", body)
            #expect(answer.status == 400)
            #expect(answer.udapi == "UDAPI\(wrong.code)")
            let error = answer.json["errors"]?[0]
            #expect(error?["error_code"] == error?["errorCode"])
            #expect(answer.json["status"]?.string == "error")
            #expect(try await guest.booked() == 0)
        }
    }

    @Test func `without a good token nothing is told`() async throws {
        try await Self.visit { guest in
            var stranger = guest
            stranger.token = "WRONG"
            for path in ["/v2/user/profile", "/v2/order/retrieve-all"] {
                let answer = try await stranger.upstox("GET", path)
                #expect(answer.status == 401 && answer.udapi == "UDAPI100050")
            }
            let bare = try await guest.send("GET", "/upstox/v2/user/profile")
            #expect(bare.status == 401)
        }
    }

    @Test func `a sliced order becomes several, and an unsliced one is rejected`() async throws {
        try await Self.visit { guest in
            let sliced = Self.order {
                $0["quantity"] = "250000"; $0["slice"] = "true"
            }
            let answer = try await guest.upstox("POST", "/v3/order/place", sliced)
            #expect(answer.json["data"]?["order_ids"]?.array?.count == 3)
            let whole = Self.order { $0["quantity"] = "250000" }
            let one = try await guest.upstox("POST", "/v3/order/place", whole)
            let id = try #require(one.json["data"]?["order_ids"]?[0]?.string)
            let details = try await guest.upstox("GET", "/v2/order/details?order_id=" + id)
            #expect(details.json["data"]?["status"]?.string == "rejected")
        }
    }

    @Test func `states are told in the documents' words, with no word for a partial fill`()
        async throws
    {
        try await Self.visit { guest in
            try await guest.freeze("RELIANCE", "2950.00", depth: 3)
            let stop = Self.order {
                $0["order_type"] = #""SL""#
                $0["trigger_price"] = "3000"
                $0["price"] = "3001"
            }
            _ = try await Self.place(Self.order(), guest)
            _ = try await Self.place(stop, guest)
            _ = try await Self.place(Self.order { $0["price"] = "2950.0" }, guest)
            let answer = try await guest.upstox("GET", "/v2/order/retrieve-all")
            let book = try #require(answer.json["data"]?.array)
            let states = book.map { $0["status"]?.string }
            #expect(states == ["open", "trigger pending", "open"])
            let last = try #require(book.last)
            #expect(last["filled_quantity"]?.int64 == 3)
            #expect(last["pending_quantity"]?.int64 == 2)
        }
    }

    @Test func `both versions of a whole quote tell the book, and v3 has more beside it`()
        async throws
    {
        try await Self.visit { guest in
            try await guest.freeze("RELIANCE", "2950.00", depth: 3)
            let key = "?instrument_key=NSE_EQ%7CINE002A01018"
            var books: [JSONValue] = []
            for version in ["v2", "v3"] {
                let path = "/\(version)/market-quote/quotes" + key
                let answer = try await guest.upstox("GET", path)
                let quote = try #require(answer.json["data"]?["NSE_EQ:RELIANCE"])
                let depth = try #require(quote["depth"])
                #expect(depth["buy"]?.array?.map { $0["quantity"]?.int64 } == [3, 3, 3, 3, 3])
                #expect(quote["total_sell_quantity"]?.int64 == 15)
                books.append(depth)
                #expect((quote["prev_close_price"] != nil) == (version == "v3"))
                #expect((quote["ohlc"]?["ts"] != nil) == (version == "v3"))
                #expect((quote["cas_eligible"] == .null) == (version == "v3"))
            }
            #expect(books.first == books.last)
        }
    }

    @Test func `a history has every state, the present one last, by id or by tag`() async throws {
        try await Self.visit { guest in
            let id = try await Self.place(Self.order(), guest)
            let other = try await Self.place(Self.order(), guest)
            let cancel = "/v3/order/cancel?order_id=" + id
            let first = try await guest.upstox("DELETE", cancel, "{}")
            #expect(first.status == 200)
            let second = try await guest.upstox("DELETE", cancel, "{}")
            #expect(second.udapi == "UDAPI100040")
            let history = try await guest.upstox("GET", "/v2/order/history?order_id=" + id)
            let states = history.json["data"]?.array?.map { $0["status"]?.string }
            #expect(states?.first == "put order req received")
            #expect(states?.last == "cancelled")
            let tagged = try await guest.upstox("GET", "/v2/order/history?tag=t-1")
            let ids = (tagged.json["data"]?.array ?? []).compactMap { $0["order_id"]?.string }
            #expect(ids.contains(id) && ids.contains(other))
            let none = try await guest.upstox("GET", "/v2/order/history?tag=t-2")
            #expect(none.status == 404)
        }
    }

    private static func place(_ body: String, _ guest: SandboxGuest) async throws -> String {
        let answer = try await guest.upstox("POST", "/v3/order/place", body)
        return try #require(answer.json["data"]?["order_ids"]?[0]?.string)
    }

    @Test func `trades have dates of their own form`() async throws {
        try await Self.visit { guest in
            let body = Self.order {
                $0["order_type"] = #""MARKET""#; $0["price"] = "0"
            }
            _ = try await guest.upstox("POST", "/v3/order/place", body)
            let path = "/v2/order/trades/get-trades-for-day"
            let trade = try await guest.upstox("GET", path).json["data"]?[0]
            let time = trade?["exchange_timestamp"]?.string ?? ""
            #expect(time.count == 20 && time.split(separator: "-").count == 3, "\(time)")
            #expect(trade?["quantity"]?.int64 == 5)
        }
    }

    @Test func `by night the exchange's hours close orders and funds`() async throws {
        var configuration = SandboxGuest.quiet
        configuration.hours = .exchange
        // 02:00 on a Friday in India.
        configuration.clock = { 1_795_149_000_000_000 - 8 * 3_600_000_000 }
        try await Self.visit(configuration) { guest in
            let order = try await guest.upstox("POST", "/v3/order/place", Self.order())
            #expect(order.udapi == "UDAPI100074")
            let funds = try await guest.upstox("GET", "/v2/user/get-funds-and-margin")
            #expect(funds.status == 423 && funds.udapi == "UDAPI100072")
        }
    }

    @Test func `out of market hours an order waits for the morning only where it says so`()
        async throws
    {
        var configuration = SandboxGuest.quiet
        configuration.hours = .alwaysClosed
        try await Self.visit(configuration) { guest in
            let now = try await guest.upstox("POST", "/v3/order/place", Self.order())
            #expect(now.udapi == "UDAPI100057")
            let later = Self.order { $0["is_amo"] = "true" }
            _ = try await guest.upstox("POST", "/v3/order/place", later)
            let book = try await guest.upstox("GET", "/v2/order/retrieve-all").json["data"]
            #expect(book?[0]?["status"]?.string == "after market order req received")
        }
    }

    @Test func `orders above ten in a second are too many, cancels among them`() async throws {
        var configuration = SandboxConfiguration.ephemeral
        configuration.clock = { 1_795_149_000_000_000 }
        try await Self.visit(configuration) { guest in
            for _ in 0..<9 {
                let answer = try await guest.upstox("POST", "/v3/order/place", Self.order())
                #expect(answer.status == 200)
            }
            let cancel = "/v3/order/cancel?order_id=1"
            #expect(try await guest.upstox("DELETE", cancel).udapi == "UDAPI100010")
            let over = try await guest.upstox("DELETE", cancel)
            #expect(over.status == 429 && over.udapi == "UDAPI10005")
            #expect(try await guest.upstox("GET", "/v2/order/retrieve-all").status == 200)
        }
    }

    @Test func `of several orders none is sent where one is not well formed`() async throws {
        try await Self.visit { guest in
            let good = Self.order { $0["correlation_id"] = #""1""# }
            let bad = Self.order {
                $0["correlation_id"] = #""2""#; $0["quantity"] = "0"
            }
            let path = "/v2/order/multi/place"
            let refused = try await guest.upstox("POST", path, "[\(good),\(bad)]")
            #expect(refused.json["summary"]?["payload_error"]?.int64 == 1)
            #expect(refused.json["errors"]?[0]?["correlation_id"]?.string == "2")
            #expect(try await guest.booked() == 0)
            let taken = try await guest.upstox("POST", path, "[\(good)]")
            #expect(taken.json["data"]?[0]?["correlation_id"]?.string == "1")
            #expect(try await guest.booked() == 1)
        }
    }
}
