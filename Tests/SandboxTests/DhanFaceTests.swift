import BrokerFaces
import JSON
import Testing

@Suite struct DhanFaceTests {
    @Test func `a placed order is found by id, by tag and in the book, as the documents show it`()
        async throws
    {
        try await SandboxGuest.visit { guest in
            try await guest.freeze("RELIANCE", "2950.00")
            let placed = try await guest.place(DhanBody().with { $0.reference = "corr-1" })
            #expect(placed.status == 200)
            #expect(placed.json.object?.keys == ["orderId", "orderStatus"])

            let byID = try await guest.dhan("GET", "/orders/\(placed.orderID)").json
            #expect(byID["orderStatus"]?.string == "PENDING")
            #expect(byID["correlationId"]?.string == "corr-1")
            #expect(byID["securityId"]?.string == "2885")
            #expect(byID["quantity"]?.int64 == 5)
            #expect(byID["price"]?.number?.text == "2900.0")
            #expect(byID["createTime"]?.string?.utf8.count == 19)
            #expect(byID["omsErrorCode"]?.isNull == true)
            #expect(try await guest.dhan("GET", "/orders/external/corr-1").json == byID)
            #expect(try await guest.dhan("GET", "/orders/").json == .array([byID]))
        }
    }

    @Test func `a market order trades, and its trade and position say so`() async throws {
        try await SandboxGuest.visit { guest in
            try await guest.freeze("RELIANCE", "2950.00")
            let placed = try await guest.place(
                DhanBody().with {
                    $0.type = "MARKET"
                    $0.price = "0.0"
                }
            )
            let order = try await guest.dhan("GET", "/orders/\(placed.orderID)").json
            #expect(order["orderStatus"]?.string == "TRADED")
            #expect(order["averageTradedPrice"]?.number?.scaled(2) == 295_000)
            #expect(order["filledQty"]?.int64 == 5)
            let trades = try await guest.dhan("GET", "/trades/").json
            #expect(try await guest.dhan("GET", "/trades/\(placed.orderID)").json == trades)
            #expect(trades[0]?["tradedQuantity"]?.int64 == 5)
            #expect(trades[0]?["correlationId"] == nil)
            let position = try await guest.dhan("GET", "/positions").json[0]
            #expect(position?["positionType"]?.string == "LONG")
            #expect(position?["netQty"]?.int64 == 5)
            #expect(position?["drvExpiryDate"]?.string == "0001-01-01")
        }
    }

    @Test func `the quirks of the documents' examples are taken`() async throws {
        try await SandboxGuest.visit { guest in
            let placed = try await guest.place(
                DhanBody().with {
                    $0.quantity = "\"5\""
                    $0.disclosed = "\"\""
                    $0.trigger = "\"\""
                    $0.price = "\"2900.0\""
                    $0.reference = ""
                }
            )
            let order = try await guest.dhan("GET", "/orders/\(placed.orderID)").json
            #expect(order["quantity"]?.int64 == 5)
            #expect(order["correlationId"]?.isNull == true)
        }
    }

    @Test func `a tag that was used before is not refused`() async throws {
        try await SandboxGuest.visit { guest in
            let body = DhanBody().with { $0.reference = "twice" }
            let first = try await guest.place(body)
            let second = try await guest.place(body)
            #expect(first.status == 200 && second.status == 200)
            #expect(first.orderID != second.orderID)
            let summary = try await guest.control("GET", "/ledger/summary").json
            #expect(summary["booked"]?.int64 == 2)
            #expect(summary["references"]?.int64 == 1)
            #expect(summary["duplicates"]?.int64 == 1)
        }
    }

    @Test(arguments: [
        DhanBody(side: "HOLD"), DhanBody(product: "BO"), DhanBody(product: "CO"),
        DhanBody(type: "GTT"), DhanBody(validity: "GTC"), DhanBody(segment: "LSE"),
        DhanBody(security: "\"999999\""), DhanBody(security: "null"), DhanBody(quantity: "0"),
        DhanBody(quantity: "-5"), DhanBody(quantity: "1.5"), DhanBody(quantity: "\"five\""),
        DhanBody(quantity: "null"), DhanBody(price: "0"), DhanBody(price: "-1"),
        DhanBody(price: "1e9"), DhanBody(type: "STOP_LOSS"), DhanBody(price: "99999999999"),
        DhanBody(reference: "a tag that is longer than thirty."), DhanBody(reference: "not/good"),
    ])
    func `a field that is missing or bad is DH-905 and books nothing`(body: DhanBody) async throws {
        try await SandboxGuest.visit { guest in
            let answer = try await guest.place(body)
            #expect(answer.status == 400)
            #expect(answer.code == "DH-905")
            #expect(answer.json.object?.keys == ["errorType", "errorCode", "errorMessage"])
            #expect(try await guest.booked() == 0)
        }
    }

    @Test(arguments: ["", "{", "[]", "\"x\"", "{\"a\":}", "{}x"])
    func `a body that is no object is DH-905`(body: String) async throws {
        try await SandboxGuest.visit { guest in
            let answer = try await guest.dhan("POST", "/orders", body)
            #expect(answer.code == "DH-905")
        }
    }

    @Test func `what breaks a rule of the exchange or the funds is accepted and then rejected`()
        async throws
    {
        let account = #"{"client_id":"1000000001","token":"TESTTOKEN","funds":"1000.00"}"#
        try await SandboxGuest.visit(account: account) { guest in
            try await guest.freeze("RELIANCE", "2950.00")
            for (body, words) in [
                (DhanBody(), "Margin Exceeds"), (DhanBody(price: "2900.07"), "tick size"),
                (DhanBody(price: "100.0"), "execution range"),
                (DhanBody(quantity: "100001"), "freeze quantity"),
            ] {
                let placed = try await guest.place(body)
                #expect(placed.status == 200)
                #expect(placed.json["orderStatus"]?.string == "PENDING")
                let order = try await guest.dhan("GET", "/orders/\(placed.orderID)").json
                #expect(order["orderStatus"]?.string == "REJECTED")
                #expect(order["omsErrorDescription"]?.string?.contains(words) == true)
            }
        }
    }

    @Test func `an order is modified by its total quantity, and cancelled with 202 and a body`()
        async throws
    {
        try await SandboxGuest.visit { guest in
            try await guest.freeze("RELIANCE", "2950.00")
            let id = try await guest.place().orderID
            let change = """
                {"orderId":"\(id)","orderType":"LIMIT","legName":"ENTRY_LEG","quantity":8,
                "price":2901.0,"disclosedQuantity":0,"triggerPrice":0,"validity":"DAY",
                "dhanClientId":"1000000001"}
                """
            let modified = try await guest.dhan("PUT", "/orders/\(id)", change)
            #expect(modified.json["orderStatus"]?.string == "TRANSIT")
            let order = try await guest.dhan("GET", "/orders/\(id)").json
            #expect(order["quantity"]?.int64 == 8)
            #expect(order["price"]?.number?.scaled(1) == 29_010)
            let cancelled = try await guest.dhan("DELETE", "/orders/\(id)")
            #expect(cancelled.status == 202)
            #expect(cancelled.json["orderStatus"]?.string == "CANCELLED")
            let again = try await guest.dhan("DELETE", "/orders/\(id)")
            #expect(again.status == 400 && again.code == "DH-906")
        }
    }

    @Test func `a sliced order is split at the freeze quantity`() async throws {
        try await SandboxGuest.visit { guest in
            let body = DhanBody(
                product: "MARGIN",
                segment: "NSE_FNO",
                security: "\"52175\"",
                quantity: "7500",
                price: "12.5",
                reference: "sliced"
            )
            let placed = try await guest.dhan("POST", "/orders/slicing", body.json)
            #expect(placed.json.array?.count == 5)
            let book = try await guest.dhan("GET", "/orders").json.array ?? []
            #expect(book.compactMap { $0["quantity"]?.int64 } == [1_800, 1_800, 1_800, 1_800, 300])
            let summary = try await guest.control("GET", "/ledger/summary").json
            #expect(summary["duplicates"]?.int64 == 0)
        }
    }

    @Test func `an account sees its own orders only`() async throws {
        let accounts = """
            {"accounts":[{"client_id":"1000000001","token":"TESTTOKEN"},
            {"client_id":"1000000002","token":"OTHER"}]}
            """
        try await SandboxGuest.visit(account: accounts) { guest in
            let id = try await guest.place(DhanBody().with { $0.reference = "mine" }).orderID
            let headers = [(name: "access-token", value: "OTHER")]
            for path in ["/orders/\(id)", "/orders/external/mine", "/trades/\(id)"] {
                let answer = try await guest.send("GET", "/dhan/v2" + path, headers: headers)
                #expect(answer.code == "DH-907")
            }
            let book = try await guest.send("GET", "/dhan/v2/orders", headers: headers)
            #expect(book.json == .array([]))
        }
    }

    @Test(arguments: [
        [], [("access-token", "WRONG"), ("client-id", "1000000001")],
        [("access-token", "TESTTOKEN"), ("client-id", "999")], [("client-id", "1000000001")],
    ])
    func `an unknown account or a wrong token is DH-901`(headers: [(String, String)]) async throws {
        try await SandboxGuest.visit { guest in
            let named = headers.map { (name: $0.0, value: $0.1) }
            let answer = try await guest.send("GET", "/dhan/v2/orders", headers: named)
            #expect(answer.status == 401 && answer.code == "DH-901")
            let placed = try await guest.send(
                "POST",
                "/dhan/v2/orders",
                headers: named,
                DhanBody().json
            )
            #expect(placed.status == 401)
            #expect(try await guest.booked() == 0)
        }
    }

    @Test func `a body for another client than the token's is refused`() async throws {
        try await SandboxGuest.visit { guest in
            let answer = try await guest.place(DhanBody(client: "1000000002"))
            #expect(answer.code == "DH-901")
            #expect(try await guest.booked() == 0)
        }
    }

    @Test func `a token that has expired is refused`() async throws {
        let clock = HandClock()
        var configuration = SandboxGuest.quiet
        configuration.clock = { clock.now }
        let account = """
            {"client_id":"1000000001","token":"TESTTOKEN",
            "token_expires_at":"2026-11-20T10:30:00+05:30"}
            """
        try await SandboxGuest.visit(configuration, account: account) { guest in
            let alive = try await guest.dhan("GET", "/orders")
            #expect(alive.status == 200)
            clock.advance(seconds: 1_800)
            #expect(try await guest.dhan("GET", "/orders").code == "DH-901")
        }
    }
}
