import BrokerFaces
import HTTPClient
import JSON
import Testing

/// Groww's face keeps the rules of groww.md.
@Suite("Groww's face", .timeLimit(.minutes(20)))
struct GrowwFaceTests {
    private func visit(
        clock: HandClock = HandClock(),
        limits: Bool = false,
        _ body: (SandboxGuest) async throws -> Void
    ) async throws {
        var configuration = SandboxGuest.quiet
        configuration.limits = limits
        configuration.clock = { clock.now }
        try await SandboxGuest.visit(configuration, account: SandboxGuest.growwAccount) { guest in
            try await guest.freeze("RELIANCE", "2950.00")
            try await body(guest)
        }
    }

    @Test("An order is taken, listed, changed and cancelled")
    func lifecycle() async throws {
        try await visit { guest in
            let placed = try await guest.place(GrowwBody())
            #expect(placed.status == 200)
            #expect(placed.payload?["order_status"]?.string == "OPEN")
            #expect(placed.payload?["order_reference_id"]?.string == "Ab-654321234")
            let id = placed.growwOrder
            #expect(id.hasPrefix("GMK"))
            let order = try #require(try await guest.detail(id))
            #expect(order["order_status"]?.string == "APPROVED")
            #expect(order["created_at"]?.string == "2026-11-20T10:00:00")
            #expect(order["trade_date"]?.string == "2026-11-20T04:30:00Z")
            let list = try await guest.groww("GET", "/order/list").payload?["order_list"]
            #expect(list == [order])
            let changed = try await guest.groww(
                "POST",
                "/order/modify",
                """
                {"quantity":7,"price":2890.5,"trigger_price":null,"groww_order_id":"\(id)",
                "order_type":"LIMIT","segment":"CASH"}
                """
            )
            #expect(changed.status == 200 && changed.growwOrder == id)
            let after = try await guest.detail(id)
            #expect(after?["quantity"]?.int64 == 7 && after?["price"]?.number?.text == "2890.5")
            let body = #"{"segment":"CASH","groww_order_id":"\#(id)"}"#
            #expect(try await guest.groww("POST", "/order/cancel", body).status == 200)
            #expect(try await guest.detail(id)?["order_status"]?.string == "CANCELLED")
            let again = try await guest.groww("POST", "/order/cancel", body)
            #expect(again.status == 422 && again.growwCode == "GA006")
        }
    }

    @Test("A reference is taken once, be its order visible or not")
    func duplicate() async throws {
        try await visit { guest in
            let rule = #"{"kind":"hide_from_book","times":1,"milliseconds":60000}"#
            _ = try await guest.control("POST", "/faults", rule)
            #expect(try await guest.place(GrowwBody()).status == 200)
            let hidden = "/order/status/reference/Ab-654321234?segment=CASH"
            #expect(try await guest.groww("GET", hidden).growwCode == "GA004")
            let again = try await guest.place(GrowwBody())
            #expect(again.status == 409 && again.growwCode == "GA007")
            #expect(try await guest.booked() == 1)
            #expect(try await guest.place(GrowwBody(reference: "Ab-654321235")).status == 200)
        }
    }

    @Test(
        "What the documents do not allow is a bad request, and books nothing",
        arguments: [
            GrowwBody(reference: "1234567"), GrowwBody(reference: "123456789012345678901"),
            GrowwBody(reference: "a-b-c-d-e"), GrowwBody(reference: "ABC_12345"),
            GrowwBody(reference: ""), GrowwBody(product: "MTF"), GrowwBody(product: "INTRADAY"),
            GrowwBody(type: "STOP_LOSS"), GrowwBody(validity: "GTC"), GrowwBody(side: "B"),
            GrowwBody(quantity: "0"), GrowwBody(quantity: "1.5"), GrowwBody(price: "0.0"),
            GrowwBody(price: "null"), GrowwBody(type: "SL"), GrowwBody(type: "SL_M"),
            GrowwBody(exchange: "NFO"), GrowwBody(segment: "EQ"), GrowwBody(symbol: ""),
        ]
    )
    func badRequests(_ body: GrowwBody) async throws {
        try await visit { guest in
            let answer = try await guest.place(body)
            #expect(answer.status == 400 && answer.growwCode == "GA001", "\(body)")
            #expect(try await guest.booked() == 0)
        }
    }

    @Test("A symbol that is not listed there does not exist")
    func unknownSymbol() async throws {
        try await visit { guest in
            for body in [
                GrowwBody(symbol: "NOSUCH"), GrowwBody(exchange: "BSE"), GrowwBody(segment: "FNO"),
            ] {
                #expect(try await guest.place(body).growwCode == "GA004")
            }
            let option = GrowwBody(
                symbol: "NIFTY26NOV26000CE",
                quantity: "75",
                price: "2.0",
                segment: "FNO",
                product: "NRML"
            )
            let placed = try await guest.place(option)
            #expect(placed.status == 200)
            let order = "/order/detail/\(placed.growwOrder)"
            #expect(try await guest.groww("GET", order + "?segment=FNO").status == 200)
            // Its own segment must be named.
            #expect(try await guest.groww("GET", order + "?segment=CASH").growwCode == "GA004")
            #expect(try await guest.groww("GET", order).growwCode == "GA001")
            let shares = try await guest.groww("GET", "/order/list?segment=CASH")
            #expect(shares.payload?["order_list"]?.array?.isEmpty == true)
        }
    }

    @Test("Statuses tell what is done, waits and failed")
    func statuses() async throws {
        let clock = HandClock()
        try await visit(clock: clock) { guest in
            let bought = try await guest.place(GrowwBody(price: "0.0", type: "MARKET")).growwOrder
            let done = try await guest.detail(bought)
            #expect(done?["order_status"]?.string == "EXECUTED")
            #expect(done?["filled_quantity"]?.int64 == 5)
            #expect(done?["remaining_quantity"]?.int64 == 0)
            clock.advance(seconds: 61)
            #expect(try await guest.detail(bought)?["order_status"]?.string == "DELIVERY_AWAITED")
            let stop = try await guest.place(
                GrowwBody(
                    price: "3010.0",
                    trigger: "3000.0",
                    product: "MIS",
                    type: "SL",
                    reference: "stop-order-1"
                )
            )
            let asleep = try await guest.detail(stop.growwOrder)
            #expect(asleep?["order_status"]?.string == "TRIGGER_PENDING")
            let poor = try await guest.place(GrowwBody(quantity: "500", reference: "too-dear-1"))
            let failed = try await guest.detail(poor.growwOrder)
            #expect(failed?["order_status"]?.string == "FAILED")
            #expect(failed?["remark"]?.string?.contains("Margin Exceeds") == true)
        }
    }

    @Test("Lists come in pages, the newest order first, and the last page is empty")
    func pages() async throws {
        try await visit { guest in
            var ids: [String] = []
            for number in 0..<5 {
                let body = GrowwBody(quantity: "1", reference: "page-000\(number)")
                ids.insert(try await guest.place(body).growwOrder, at: 0)
            }
            var seen: [[String]] = []
            for page in 0..<4 {
                let target = "/order/list?segment=CASH&page=\(page)&page_size=2"
                let list = try await guest.groww("GET", target).payload?["order_list"]?.array
                seen.append((list ?? []).compactMap { $0["groww_order_id"]?.string })
            }
            #expect(seen == [Array(ids[0..<2]), Array(ids[2..<4]), [ids[4]], []])
            for target in ["page_size=101", "page_size=0", "page=-1", "page=x"] {
                let answer = try await guest.groww("GET", "/order/list?segment=CASH&" + target)
                #expect(answer.growwCode == "GA001", "\(target)")
            }
            let trades = "/order/trades/\(ids[0])?segment=CASH&page_size=51"
            #expect(try await guest.groww("GET", trades).growwCode == "GA001")
        }
    }

    @Test("Without a good token there is no answer, and without the version no order")
    func doors() async throws {
        try await visit { guest in
            var stranger = guest
            stranger.token = "WRONG"
            let refused = try await stranger.groww("GET", "/order/list")
            #expect(refused.status == 401 && refused.growwCode == "GA005")
            let bare = try await guest.send(
                "POST",
                "/groww/v1/order/create",
                headers: [(name: "Authorization", value: "Bearer TESTTOKEN")],
                GrowwBody().json
            )
            #expect(bare.status == 400 && bare.growwCode == "GA001")
            let unknown = try await guest.groww("GET", "/order-advance/nothing")
            #expect(unknown.status == 404 && unknown.growwCode == "GA004")
            let words = unknown.json
            #expect(words["status"]?.string == "FAILURE" && words["error"]?["metadata"] == .null)
        }
    }

    @Test("A token is made by code or checksum, ends the one before, and itself at six")
    func login() async throws {
        let clock = HandClock()
        try await visit(clock: clock) { guest in
            var key = guest
            key.token = SandboxGuest.client
            let path = "/token/api/access"
            let made = try await key.groww("POST", path, #"{"key_type":"totp","totp":"123456"}"#)
            #expect(made.status == 200)
            #expect(made.json["expiry"]?.string == "2026-11-21T06:00:00")
            #expect(made.json["isActive"]?.bool == true)
            // The old one is dead, the new one good.
            #expect(try await guest.groww("GET", "/user/detail").status == 401)
            var owner = guest
            owner.token = made.json["token"]?.string ?? ""
            let user = try await owner.groww("GET", "/user/detail").payload
            #expect(user?["ucc"]?.string == SandboxGuest.client)

            let sum = String(repeating: "0a", count: 32)
            let now = clock.now / 1_000_000
            for (time, status) in [
                ("\(now)", 200), ("\"\(now - 599)\"", 200), ("\(now - 601)", 400),
                ("\"soon\"", 400),
            ] {
                let body = #"{"key_type":"approval","checksum":"\#(sum)","timestamp":\#(time)}"#
                let answer = try await key.groww("POST", path, body)
                #expect(answer.status == status, "\(time)")
                if let token = answer.json["token"]?.string { owner.token = token }
            }
            #expect(try await owner.groww("GET", "/user/detail").status == 200)
            clock.advance(seconds: 20 * 3_600)
            #expect(try await owner.groww("GET", "/user/detail").status == 401)
        }
    }

    @Test(
        "Ten order calls fit into a second, and every answer beyond is a limit that books nothing"
    )
    func limits() async throws {
        try await visit(limits: true) { guest in
            for number in 10..<20 {
                let body = GrowwBody(quantity: "1", reference: "limit-00\(number)")
                #expect(try await guest.place(body).status == 200)
            }
            let beyond = try await guest.place(GrowwBody(reference: "limit-0020"))
            #expect(beyond.status == 429 && beyond.json["status"]?.string == "FAILURE")
            #expect(try await guest.booked() == 10)
            // Reads have an allowance of their own.
            #expect(try await guest.groww("GET", "/order/list").status == 200)
        }
    }
}
