import BrokerFaces
import HTTPServer
import JSON
import Testing
import WebSocket

/// Dhan's order-update socket and postbacks.
@Suite(.timeLimit(.minutes(20))) struct OrderUpdateTests {
    @Test func `the socket tells every change of an order in the documents' words`() async throws {
        try await SandboxGuest.visit { guest in
            try await guest.freeze("RELIANCE", "2950.00", depth: 3)
            let socket = try await listen(guest)
            let id = try await guest.place(
                DhanBody(price: "2950.0", reference: "told")
            ).orderID
            _ = try await guest.dhan("DELETE", "/orders/\(id)")
            let told = try await messages(4, from: socket)
            await socket.close()

            #expect(told.allSatisfy { $0["Type"]?.string == "order_alert" })
            let data = told.compactMap { $0["Data"] }
            #expect(
                data.compactMap { $0["Status"]?.string }
                    == ["Transit", "Pending", "Part_Traded", "Cancelled"]
            )
            let last = try #require(data.last)
            #expect(last["OrderNo"]?.string == id)
            #expect(last["CorrelationId"]?.string == "told")
            #expect(last["ClientId"]?.string == SandboxGuest.client)
            #expect(last["TradedQty"]?.int64 == 3 && last["RemainingQuantity"]?.int64 == 2)
            #expect(last["AvgTradedPrice"]?.number?.scaled(0) == 2_950)
            #expect(last["Product"]?.string == "C" && last["TxnType"]?.string == "B")
            #expect(last["OrderType"]?.string == "LMT" && last["Source"]?.string == "P")
            #expect(last["OffMktFlag"]?.string == "0" && last["LegNo"]?.int64 == 1)
        }
    }

    @Test func `the socket of one account does not tell of another's orders`() async throws {
        let accounts = """
            {"accounts":[{"client_id":"1000000001","token":"TESTTOKEN"},
            {"client_id":"1000000002","token":"OTHER"}]}
            """
        try await SandboxGuest.visit(account: accounts) { guest in
            let socket = try await listen(guest)
            let headers = [(name: "access-token", value: "OTHER")]
            let body = DhanBody(client: "1000000002").json
            _ = try await guest.send("POST", "/dhan/v2/orders", headers: headers, body)
            let own = try await guest.place()
            let first = try await messages(1, from: socket)
            #expect(first.first?["Data"]?["OrderNo"]?.string == own.orderID)
            await socket.close()
        }
    }

    @Test func `a partner is told of every account`() async throws {
        try await SandboxGuest.visit { guest in
            let socket = try await connect(guest)
            try await socket.send(
                .text(
                    #"{"LoginReq":{"MsgCode":42,"ClientId":"partner-1"},"UserType":"PARTNER","#
                        + #""Secret":"partner-secret-1"}"#
                )
            )
            try await wait(for: "partner_listeners", guest)
            let placed = try await guest.place()
            let first = try await messages(1, from: socket).first
            #expect(first?["Data"]?["OrderNo"]?.string == placed.orderID)
            #expect(first?["Data"]?["ClientId"]?.string == SandboxGuest.client)
            await socket.close()
        }
    }

    @Test(arguments: [
        #"{"LoginReq":{"MsgCode":42,"ClientId":"1000000001","Token":"WRONG"},"UserType":"SELF"}"#,
        #"{"LoginReq":{"MsgCode":42,"ClientId":"p"},"UserType":"PARTNER","Secret":"s"}"#,
        #"{"LoginReq":{"MsgCode":41,"ClientId":"1000000001","Token":"TESTTOKEN"},"UserType":"SELF"}"#,
        "hello",
    ])
    func `a socket whose login is wrong is closed`(login: String) async throws {
        try await SandboxGuest.visit { guest in
            let socket = try await connect(guest)
            try await socket.send(.text(login))
            var count = 0
            for try await _ in socket.messages { count += 1 }
            #expect(count == 0)
            #expect(socket.closure?.code == 1008)
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `postbacks tell transit, pending and the end, but not a partial fill`(host: String)
        async throws
    {
        let (letters, box) = AsyncStream.makeStream(of: JSONValue.self)
        let desk = HTTPServer(
            HTTPServerConfiguration(port: 0),
            routes: [
                HTTPRoute("POST", "/postback") { request in
                    if let json = try? JSONValue(parsing: request.body) { box.yield(json) }
                    return HTTPServerResponse(status: 200)
                }
            ]
        )
        try desk.start()
        let account = """
            {"client_id":"1000000001","token":"TESTTOKEN",
            "postback_url":"http://\(host):\(desk.port)/postback"}
            """
        try await SandboxGuest.visit(account: account) { guest in
            try await guest.freeze("RELIANCE", "2950.00", depth: 3)
            let id = try await guest.place(DhanBody(price: "2950.0")).orderID
            try await guest.freeze("RELIANCE", "2950.00", depth: 3)
            #expect(try await guest.status(of: id) == "TRADED")
            var told: [JSONValue] = []
            for await letter in letters.prefix(3) { told.append(letter) }
            #expect(
                Set(told.compactMap { $0["orderStatus"]?.string })
                    == ["TRANSIT", "PENDING", "TRADED"]
            )
            let last = told.first { $0["orderStatus"]?.string == "TRADED" }
            #expect(last?["orderId"]?.string == id)
            #expect(last?["filled_qty"]?.int64 == 5)
            #expect(last?["filledQty"] == nil)
            #expect(last?["algoId"]?.string != nil)
        }
        await desk.stop(grace: .seconds(5))
    }

    @Test func `a postback address that does not answer delays nobody`() async throws {
        let account = """
            {"client_id":"1000000001","token":"TESTTOKEN","postback_url":"http://127.0.0.1:1/x"}
            """
        try await SandboxGuest.visit(account: account) { guest in
            for _ in 0..<20 { _ = try await guest.place() }
            let booked = try await guest.booked()
            #expect(booked == 20)
        }
    }

    private func connect(_ guest: SandboxGuest) async throws -> WebSocketConnection {
        try await WebSocketClient.connect(url: "ws://127.0.0.1:\(guest.sandbox.webSocketPort)/")
    }

    /// Logs in as the account, and returns when the sandbox has seen it.
    private func listen(_ guest: SandboxGuest) async throws -> WebSocketConnection {
        let socket = try await connect(guest)
        try await socket.send(
            .text(
                #"{"LoginReq":{"MsgCode":42,"ClientId":"1000000001","Token":"TESTTOKEN"},"#
                    + #""UserType":"SELF"}"#
            )
        )
        try await wait(for: "listeners", guest)
        return socket
    }

    /// Returns when the sandbox has seen the login, which it does not answer.
    private func wait(for name: String, _ guest: SandboxGuest) async throws {
        while true {
            let answer = try await guest.control("GET", "/accounts").json
            if (answer[name] ?? answer["accounts"]?[0]?[name])?.int64 == 1 { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func messages(
        _ count: Int,
        from socket: WebSocketConnection
    ) async throws -> [JSONValue] {
        var told: [JSONValue] = []
        for try await message in socket.messages {
            if case .text(let text) = message { told.append(try JSONValue(parsing: text)) }
            if told.count == count { break }
        }
        return told
    }
}
