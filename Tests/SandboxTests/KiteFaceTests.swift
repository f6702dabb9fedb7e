import BrokerFaces
import HTTPClient
import JSON
import Testing
import WebSocket

/// Zerodha's face, held to what its documents say.
@Suite struct KiteFaceTests {
    private static let account =
        #"{"face":"zerodha","client_id":"AB1234","token":"apikey:accesstoken"}"#
    private static let order =
        "exchange=NSE&tradingsymbol=RELIANCE&transaction_type=BUY&quantity=5&product=CNC"
        + "&order_type=LIMIT&price=2900.5&validity=DAY"

    private func visit(
        _ configuration: SandboxConfiguration = SandboxGuest.quiet,
        _ body: (SandboxGuest) async throws -> Void
    ) async throws {
        try await SandboxGuest.visit(configuration, account: Self.account) { guest in
            try await guest.freeze("RELIANCE", "2950.00")
            try await body(guest)
        }
    }

    @Test func `a placement answers with an id, and the book shows what was asked for`()
        async throws
    {
        try await visit { guest in
            let placed = try await guest.kite("POST", "/orders/regular", Self.order + "&tag=T1")
            #expect(placed.status == 200 && placed.json["status"]?.string == "success")
            let id = try #require(placed.json["data"]?["order_id"]?.string)
            let book = try await guest.kite("GET", "/orders").json["data"]
            #expect(book?.array?.count == 1)
            let order = try #require(book?[0])
            #expect(order["order_id"]?.string == id && order["status"]?.string == "OPEN")
            #expect(order["tag"]?.string == "T1" && order["tags"]?[0]?.string == "T1")
            #expect(order["price"]?.number?.scaled(2) == 290_050)
            #expect(order["quantity"]?.int64 == 5 && order["filled_quantity"]?.int64 == 0)
            #expect(order["instrument_token"]?.int64 == 738_561)
            #expect(order["account_id"]?.string == "AB1234")
        }
    }

    @Test(arguments: [
        ("exchange=NSE&", ""), ("tradingsymbol=RELIANCE&", ""), ("transaction_type=BUY&", ""),
        ("quantity=5&", ""), ("product=CNC&", ""), ("order_type=LIMIT&", ""),
        ("price=2900.5&", ""), ("exchange=NSE", "exchange=BSE"), ("=RELIANCE", "=NOBODY"),
        ("=BUY", "=B"), ("=5", "=0"), ("=5", "=1.5"), ("=5", "=-5"), ("=CNC", "=INTRADAY"),
        ("=LIMIT", "=STOP_LOSS"), ("=2900.5", "=0"), ("=2900.5", "=x"), ("=DAY", "=TTL"),
        ("=LIMIT&price=2900.5", "=MARKET"), ("=LIMIT&price=2900.5", "=MARKET&market_protection=0"),
        ("=LIMIT&price=2900.5", "=MARKET&market_protection=101"),
        ("=LIMIT&", "=SL&"), ("&validity", "&tag=has%20space&validity"),
        ("&validity", "&tag=123456789012345678901&validity"),
        ("&validity", "&variety=amo&validity"),
        ("=NSE", "=%zz"),
    ])
    func `a placement that lacks something or says something odd is an InputException`(
        part: String,
        instead: String
    ) async throws {
        try await visit { guest in
            let body = Self.order.replacing(part, with: instead)
            try #require(body != Self.order)
            let answer = try await guest.kite("POST", "/orders/regular", body)
            #expect(answer.status == 400, "\(answer.json)")
            #expect(answer.json["error_type"]?.string == "InputException")
            #expect(answer.json["status"]?.string == "error" && answer.json["data"]?.isNull == true)
            #expect(try await guest.booked() == 0)
        }
    }

    @Test func `a body that is no form is not read`() async throws {
        try await visit { guest in
            let answer = try await guest.form(
                "POST",
                "/kite/orders/regular",
                headers: [
                    (name: "Authorization", value: "token apikey:accesstoken"),
                    (name: "Content-Type", value: "application/json"),
                ],
                Self.order
            )
            #expect(answer.status == 400)
            #expect(try await guest.booked() == 0)
        }
    }

    @Test(arguments: [
        "token apikey:other", "token other:accesstoken", "token apikey", "apikey:accesstoken", "",
        "Bearer accesstoken",
    ])
    func `any other token is a TokenException`(header: String) async throws {
        try await visit { guest in
            let answer = try await guest.form(
                "GET",
                "/kite/orders",
                headers: [(name: "Authorization", value: header)]
            )
            #expect(answer.status == 403)
            #expect(answer.json["error_type"]?.string == "TokenException")
        }
    }

    @Test func `a history ends with how the order stands, and begins before the exchange`()
        async throws
    {
        try await visit { guest in
            let market = Self.order.replacing(
                "LIMIT&price=2900.5",
                with: "MARKET&market_protection=-1"
            )
            let placed = try await guest.kite("POST", "/orders/regular", market)
            let id = try #require(placed.json["data"]?["order_id"]?.string)
            let history = try await guest.kite("GET", "/orders/\(id)").json["data"]?.array ?? []
            #expect(history.first?["status"]?.string == "PUT ORDER REQ RECEIVED")
            #expect(history.first?["filled_quantity"]?.int64 == 0)
            #expect(history.last?["status"]?.string == "COMPLETE")
            #expect(history.last?["filled_quantity"]?.int64 == 5)
            let trades = try await guest.kite("GET", "/orders/\(id)/trades").json["data"]
            #expect(trades?[0]?["order_timestamp"]?.string?.utf8.count == 8)
            #expect(trades?[0]?["fill_timestamp"]?.string?.utf8.count == 19)
            #expect(trades?[0]?["tag"] == nil)
        }
    }

    @Test func `a stop order waits as TRIGGER PENDING, and a modification moves it`() async throws {
        try await visit { guest in
            let stop = Self.order.replacing(
                "LIMIT&price=2900.5",
                with: "SL&price=3010&trigger_price=3000"
            )
            let placed = try await guest.kite("POST", "/orders/regular", stop)
            let id = try #require(placed.json["data"]?["order_id"]?.string)
            let path = "/orders/regular/\(id)"
            #expect(try await guest.kiteStatus(of: id) == "TRIGGER PENDING")
            let change = "variety=regular&order_id=\(id)&trigger_price=2990&price=3000"
            #expect(try await guest.kite("PUT", path, change).status == 200)
            #expect(try await guest.kiteStatus(of: id) == "TRIGGER PENDING")
            try await guest.freeze("RELIANCE", "2995.00")
            #expect(try await guest.kiteStatus(of: id) == "COMPLETE")
            let late = try await guest.kite("DELETE", path)
            #expect(late.status == 400)
            #expect(late.json["error_type"]?.string == "OrderException")
        }
    }

    @Test func `what is above the freeze quantity is sliced on request, all with the tag`()
        async throws
    {
        try await visit { guest in
            let large = Self.order.replacing("quantity=5", with: "quantity=250000") + "&tag=S1"
            let sliced = try await guest.kite("POST", "/orders/regular", large + "&autoslice=true")
            #expect(sliced.json["data"]?["children"]?.array?.count == 2)
            let book = try await guest.kite("GET", "/orders").json["data"]?.array ?? []
            #expect(book.compactMap { $0["quantity"]?.int64 } == [100_000, 100_000, 50_000])
            #expect(book.allSatisfy { $0["tag"]?.string == "S1" })
            let tooLarge = Self.order.replacing("quantity=5", with: "quantity=1000001")
            let refused = try await guest.kite(
                "POST",
                "/orders/regular",
                tooLarge + "&autoslice=true"
            )
            #expect(refused.json["error_type"]?.string == "InputException")
        }
    }

    @Test func `more than ten orders in a second or two hundred in a minute are too many`()
        async throws
    {
        let clock = HandClock()
        var configuration = SandboxConfiguration.ephemeral
        configuration.clock = { clock.now }
        try await visit(configuration) { guest in
            var codes: [Int] = []
            for _ in 0..<21 {
                for _ in 0..<10 {
                    let answer = try await guest.kite("POST", "/orders/regular", Self.order)
                    codes.append(answer.status)
                }
                clock.advance(seconds: 1)
            }
            #expect(codes == Array(repeating: 200, count: 200) + Array(repeating: 429, count: 10))
            clock.advance(seconds: 60)
            for _ in 0..<10 { _ = try await guest.kite("POST", "/orders/regular", Self.order) }
            let refused = try await guest.kite("POST", "/orders/regular", Self.order)
            #expect(refused.status == 429)
            #expect(refused.json["error_type"]?.string == "NetworkException")
        }
    }

    @Test func `a login gives a token once, for the right checksum, and the old token is dead`()
        async throws
    {
        try await visit { guest in
            let page = try await guest.form(
                "GET",
                "/kite/connect/login?v=3&api_key=apikey&client_id=AB1234",
                headers: []
            )
            #expect(page.status == 302)
            let target = page.response.header("location") ?? ""
            let token = String(target.split(separator: "=").last ?? "")
            let wrong = "api_key=apikey&request_token=\(token)&checksum=00"
            let headers = [
                (name: "Content-Type", value: "application/x-www-form-urlencoded")
            ]
            let refused = try await guest.form(
                "POST",
                "/kite/session/token",
                headers: headers,
                wrong
            )
            #expect(refused.status == 403)
            // The captured checksum of the official SDK: right, but of a token nobody gave out.
            let captured = try CapturedRequest.all("zerodha")[0].body
            let unknown = try await guest.form(
                "POST",
                "/kite/session/token",
                headers: headers,
                captured
            )
            #expect(unknown.json["message"]?.string == "Token is invalid or has expired.")
            #expect(refused.json["message"]?.string == "Invalid `checksum`.")
            let gone = "/session/token?api_key=apikey&access_token=accesstoken"
            #expect(try await guest.kite("DELETE", gone).json["data"]?.bool == true)
            #expect(try await guest.kite("GET", "/orders").status == 403)
        }
    }

    @Test func `the ticker sends a heartbeat, and ticks of what was subscribed in its mode`()
        async throws
    {
        try await visit { guest in
            let socket = try await WebSocketClient.connect(
                url: "ws://127.0.0.1:\(guest.sandbox.webSocketPort)/kite"
                    + "?api_key=apikey&access_token=accesstoken"
            )
            let token = 2885 * 256 + 1
            try await socket.send(.text(#"{"a":"subscribe","v":[\#(token),7]}"#))
            try await socket.send(.text(#"{"a":"mode","v":["full",[\#(token)]]}"#))
            var heartbeats = 0
            for try await message in socket.messages {
                guard case .binary(let bytes) = message else { continue }
                if bytes.count == 1 { heartbeats += 1 }
                guard bytes.count == 188 else { continue }
                // One packet of 184 bytes: the token, then the last price in paise.
                #expect(bytes.prefix(4) == [0, 1, 0, 184])
                #expect(Self.number(bytes[4..<8]) == token)
                #expect(Self.number(bytes[8..<12]) == 295_000)
                break
            }
            #expect(heartbeats > 0)
            await socket.close()
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}

extension SandboxGuest {
    func kite(_ method: String, _ path: String, _ body: String = "") async throws -> Answer {
        let headers = [
            (name: "Authorization", value: "token apikey:accesstoken"),
            (name: "X-Kite-Version", value: "3"),
            (name: "Content-Type", value: "application/x-www-form-urlencoded"),
        ]
        return try await form(method, "/kite" + path, headers: headers, body)
    }

    func kiteStatus(of id: String) async throws -> String? {
        try await kite("GET", "/orders/\(id)").json["data"]?.array?.last?["status"]?.string
    }
}
