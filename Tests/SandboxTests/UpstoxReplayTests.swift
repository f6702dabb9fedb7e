import BrokerFaces
import HTTPClient
import JSON
import Testing

/// The requests that Upstox's official SDK was seen to send, sent again as they were.
@Suite(.timeLimit(.minutes(20))) struct UpstoxReplayTests {
    /// Status of the answer and shape of what it holds, by number of the captured request.
    ///
    /// A shape is the members' names; of an array, those of its first element, after `[]`.
    private static let expected: [Int64: (status: Int, shape: String)] = [
        1: (200, token), 2: (200, "authorization_expiry notifier_url"), 3: (200, profile),
        4: (200, "equity commodity"), 5: (200, "equity"),
        6: (200, "available_to_trade unavailable_to_trade"), 7: (200, "order_ids"),
        8: (200, "order_ids"), 9: (200, "order_id"), 10: (200, "order_id"),
        11: (200, "order_id"), 12: (200, "order_id"), 13: (200, "order_id"),
        14: (200, "[]correlation_id order_id"), 15: (200, "order_ids"), 16: (200, "order_ids"),
        17: (200, "[]" + order + " " + more), 18: (200, "[]" + order), 19: (200, "[]" + order),
        20: (200, order + " " + more), 21: (200, "[]" + trade), 22: (200, "[]"),
        23: (200, "gtt_order_ids"), 24: (200, "gtt_order_ids"), 25: (200, "gtt_order_ids"),
        26: (200, "[]" + trigger), 27: (200, "[]"), 28: (200, "[]" + holding),
        29: (200, "[]" + position), 30: (200, "[]"),
        31: (200, "status"), 32: (200, "[]" + killSwitch), 33: (200, "[]" + killSwitch),
        34: (200, addresses), 35: (200, addresses + " access_tokens_invalidated"),
        36: (200, "charges"), 37: (200, "margins required_margin final_margin"),
        38: (200, "NSE_EQ:IDEA"), 39: (200, "NSE_EQ:IDEA"), 40: (200, "NSE_EQ:IDEA"),
        41: (200, "NSE_EQ:IDEA NSE_EQ:RELIANCE"), 43: (200, "[]"), 45: (200, redirect),
        46: (200, redirect),
        47: (200, ""),
    ]

    @Test func `each captured request of Upstox's SDK gets the shape of the documents`()
        async throws
    {
        let requests = try CapturedRequest.all("upstox")
        #expect(requests.count == 47)
        let account = """
            {"face":"upstox","client_id":"1000000001","token":"TESTTOKEN",
            "holdings":[{"symbol":"NTPC","quantity":10,"average_price":"300.00"}]}
            """
        try await SandboxGuest.visit(account: account) { guest in
            try await guest.freeze("IDEA", "9.50")
            var story = UpstoxStory(guest: guest, account: account)
            for request in requests {
                let answer = try await story.send(request)
                // What is not in the table is not simulated: greeks, the older feed and so on.
                let expected = Self.expected[request.number] ?? (404, "UDAPI10000")
                let name = "\(request.number) \(request.call)"
                #expect(answer.status == expected.status, "\(name)")
                #expect(shape(answer.json) == expected.shape, "\(name)")
            }
        }
    }

    @Test func `the captured requests of reports get the shape of the documents`() async throws {
        let requests = try CapturedRequest.all("upstox", "sdk-reports")
        #expect(requests.map(\.number) == [48, 49, 50])
        let account = #"{"face":"upstox","client_id":"1000000001","token":"TESTTOKEN"}"#
        // In the financial year of the captured requests.
        var configuration = SandboxGuest.quiet
        configuration.clock = { 1_763_958_600_000_000 }
        try await SandboxGuest.visit(configuration, account: account) { guest in
            try await guest.freeze("IDEA", "9.50")
            for side in ["BUY", "SELL"] {
                let body =
                    #"{"quantity":3,"product":"I","validity":"DAY","price":0,"disclosed_quantity":0,"#
                    + #""instrument_token":"NSE_EQ|INE669E01016","order_type":"MARKET","#
                    + #""transaction_type":"\#(side)","trigger_price":0,"is_amo":false}"#
                let headers = [(name: "Authorization", value: "Bearer TESTTOKEN")]
                let placed = try await guest.send(
                    "POST",
                    "/upstox/v3/order/place",
                    headers: headers,
                    body
                )
                #expect(placed.status == 200, "\(placed.json)")
            }
            let expected = [
                "trades_count page_size_limit",
                "[]quantity isin scrip_name trade_type buy_date buy_average sell_date sell_average"
                    + " buy_amount sell_amount",
                "charges_breakdown",
            ]
            for (request, expected) in zip(requests, expected) {
                let answer = try await guest.send(
                    request.method,
                    "/upstox" + request.target,
                    headers: request.headers,
                    nil
                )
                #expect(answer.status == 200, "\(request.call)")
                #expect(shape(answer.json) == expected, "\(request.call)")
                guard let row = answer.json["data"]?[0] else { continue }
                #expect(row["buy_date"]?.string == "24-11-2025")
                #expect(row["buy_amount"]?.number?.scaled(2) == 2_850)
            }
        }
    }

    private func shape(_ json: JSONValue) -> String {
        if let code = json["errors"]?[0]?["errorCode"]?.string { return code }
        let data = json["data"] ?? json
        if let array = data.array {
            return "[]" + (array.first?.object?.keys.joined(separator: " ") ?? "")
        }
        return data.object?.keys.joined(separator: " ") ?? ""
    }

    private static let trigger =
        "type exchange quantity product rules trading_symbol instrument_token gtt_order_id"
        + " expires_at created_at"
    private static let killSwitch = "segment segment_status kill_switch_enabled"
    private static let redirect = "authorized_redirect_uri authorizedRedirectUri"
    private static let token =
        "email exchanges products order_types broker user_id user_name user_type poa is_active"
        + " access_token extended_token"
    private static let profile =
        "email exchanges products order_types broker user_id user_name user_type poa ddpi is_active"
    private static let order =
        "exchange product tradingsymbol trading_symbol instrument_token order_type"
        + " transaction_type placed_by validity price trigger_price quantity disclosed_quantity tag"
        + " variety is_amo status status_message filled_quantity average_price order_id"
        + " exchange_order_id parent_order_id order_request_id order_timestamp exchange_timestamp"
    private static let more = "guid pending_quantity status_message_raw order_ref_id"
    private static let trade =
        "exchange product tradingsymbol trading_symbol instrument_token order_type"
        + " transaction_type quantity exchange_order_id order_id exchange_timestamp average_price"
        + " trade_id order_ref_id order_timestamp"
    private static let holding =
        "isin cnc_used_quantity collateral_type company_name haircut product quantity"
        + " tradingsymbol trading_symbol last_price close_price pnl day_change"
        + " day_change_percentage instrument_token average_price collateral_quantity"
        + " collateral_update_quantity t1_quantity exchange"
    private static let position =
        "exchange multiplier value pnl product instrument_token average_price buy_value sell_value"
        + " overnight_quantity overnight_buy_quantity overnight_sell_quantity"
        + " overnight_buy_amount overnight_sell_amount day_buy_quantity day_sell_quantity"
        + " day_buy_value day_sell_value day_buy_price day_sell_price quantity last_price"
        + " unrealised realised tradingsymbol trading_symbol close_price buy_price sell_price"
    private static let addresses =
        "primary_ip secondary_ip primary_ip_updated_at secondary_ip_updated_at"
}

/// The captured requests one after the other, with what the sandbox made up put in their places.
private struct UpstoxStory {
    /// The order id that the captured requests carry.
    static let capturedOrder = "1644490272000"

    let guest: SandboxGuest
    let account: String
    var order = ""
    var trigger = ""

    init(guest: SandboxGuest, account: String) {
        self.guest = guest
        self.account = account
    }

    mutating func send(_ request: CapturedRequest) async throws -> SandboxGuest.Answer {
        // Orders had a host of their own.
        var target = request.target
        if target.hasPrefix("/hft") { target.removeFirst(4) }
        // The captured change is beyond the sandbox's circuit limits.
        var body = request.body.replacing("16.8", with: "9.2")
        // And the captured entry is reached already.
        body = body.replacing(#""trigger_price": 7.0"#, with: #""trigger_price": 9.9"#)
            .replacing(#""trigger_price": 7.3"#, with: #""trigger_price": 9.95"#)
            .replacing("GTT-1", with: trigger)
        if request.call == "token" { body = body.replacing("code=code", with: try await logIn()) }
        // What was cancelled, or closed, is not there for the calls that come after.
        if request.call == "convert_positions" {
            _ = try await place(#""product":"I","order_type":"MARKET","price":0,"tag":"p""#)
        }
        if request.call == "v2.modify_order" { order = try await place(Self.resting) }
        if request.call == "cancel_multi_order" { order = try await place(Self.resting) }
        target = target.replacing(Self.capturedOrder, with: order)
            .replacing("GTT-1", with: trigger)
        let answer = try await guest.send(
            request.method,
            "/upstox" + target,
            headers: request.headers.filter { $0.name != "Content-Type" },
            body.isEmpty ? nil : body.replacing(Self.capturedOrder, with: order)
        )
        if let id = answer.json["data"]?["gtt_order_ids"]?[0]?.string { trigger = id }
        if let id = answer.json["data"]?["order_ids"]?[0]?.string, order.isEmpty { order = id }
        // The token ends with its successor, with a change of addresses, and with the logout.
        if ["token", "update_user_ip"].contains(request.call) {
            _ = try await guest.control("POST", "/accounts", account)
        }
        return answer
    }

    private static let resting = #""product":"D","order_type":"LIMIT","price":9.0,"tag":"t""#

    private func place(_ members: String) async throws -> String {
        let answer = try await guest.send(
            "POST",
            "/upstox/v3/order/place",
            headers: [(name: "Authorization", value: "Bearer TESTTOKEN")],
            """
            {"quantity":1,"validity":"DAY","instrument_token":"NSE_EQ|INE669E01016",
            "transaction_type":"BUY","disclosed_quantity":0,"trigger_price":0,"is_amo":false,
            \(members)}
            """
        )
        return answer.json["data"]?["order_ids"]?[0]?.string ?? ""
    }

    /// What the browser does before the token.
    private func logIn() async throws -> String {
        let page = try await guest.send(
            "GET",
            "/upstox/v2/login/authorization/dialog?response_type=code&client_id=cid"
                + "&redirect_uri=http://127.0.0.1/cb&user_id=1000000001&state=s"
        )
        let target = page.response.header("location") ?? ""
        let query = target.split(separator: "?").last ?? ""
        return String(query.split(separator: "&").first ?? "")
    }
}
