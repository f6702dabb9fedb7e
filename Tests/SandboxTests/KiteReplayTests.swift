import BrokerFaces
import HTTPClient
import JSON
import Testing

/// The requests that Zerodha's official SDK was seen to send, sent again as they were.
@Suite struct KiteReplayTests {
    /// Status and shape of the answer's data, by number of the captured request.
    ///
    /// A shape is the members' names; of an array, those of its first element, after `[]`; of an
    /// error its type.
    private static let expected: [Int64: (status: Int, shape: String)] = [
        // The captured login is of another day.
        1: (403, "TokenException"), 2: (200, profile), 3: (200, "equity commodity"),
        4: (200, margins), 5: (200, "order_id"), 6: (200, "order_id"), 7: (200, "order_id"),
        // Minutes, cover and iceberg orders, and NIFTY's future are not simulated.
        8: (400, "InputException"), 9: (200, "order_id"), 10: (400, "InputException"),
        11: (400, "InputException"), 12: (400, "InputException"), 13: (200, "order_id"),
        14: (200, "order_id"), 15: (400, "GeneralException"), 16: (200, "[]" + order),
        17: (200, "[]" + station), 18: (200, "[]" + trade), 19: (200, "[]"),
        20: (200, "net day"), 21: (200, "[]" + holding), 22: (200, "[]"), 23: (200, "true"),
        24: (200, "NSE:INFY NSE:TCS"), 25: (200, "NSE:INFY NSE:TCS"), 26: (200, "NSE:INFY"),
        27: (200, "csv"), 28: (200, "csv"), 29: (200, "trigger_id"), 30: (200, "trigger_id"),
        31: (200, "trigger_id"), 32: (200, "[]" + gtt), 33: (200, gtt), 34: (200, "trigger_id"),
        35: (200, "[]" + orderMargin), 36: (200, "initial final orders"),
        37: (200, "[]transaction_type tradingsymbol exchange quantity price charges"),
        39: (403, "PermissionException"), 40: (200, "true"),
    ]

    @Test func `each captured request of the SDK gets the status and shape of the documents`()
        async throws
    {
        let requests = try CapturedRequest.all("zerodha")
        #expect(requests.count == 40)
        let account = """
            {"face":"zerodha","client_id":"1000000001","token":"apikey:accesstoken",
            "holdings":[{"symbol":"INFY","quantity":10,"average_price":"1400.00"}]}
            """
        try await SandboxGuest.visit(account: account) { guest in
            try await guest.freeze("INFY", "1560.00")
            var placed = ""
            var trigger = ""
            for request in requests {
                // What the SDK got from the server that it was captured at, ours never gave.
                let answer = try await guest.form(
                    request.method,
                    "/kite"
                        + request.target.replacing("151220000000000", with: placed)
                        .replacing("/triggers/123", with: "/triggers/" + trigger),
                    headers: request.headers,
                    request.body.replacing("151220000000000", with: placed)
                )
                if request.call == "place_order.limit" {
                    placed = answer.json["data"]?["order_id"]?.string ?? ""
                }
                if request.call == "place_gtt.single" {
                    trigger = answer.json["data"]?["trigger_id"]?.number?.text ?? ""
                }
                // What is not in the table is not simulated: history.
                let expected = Self.expected[request.number] ?? (404, "GeneralException")
                #expect(answer.status == expected.status, "\(request.number) \(request.call)")
                #expect(Self.shape(answer) == expected.shape, "\(request.number) \(request.call)")
            }
        }
    }

    private static func shape(_ answer: SandboxGuest.Answer) -> String {
        if answer.response.header("content-type") == "text/csv" { return "csv" }
        if let type = answer.json["error_type"]?.string { return type }
        let data = answer.json["data"]
        if let array = data?.array {
            return "[]" + (array.first?.object?.keys.joined(separator: " ") ?? "")
        }
        if let flag = data?.bool { return "\(flag)" }
        return data?.object?.keys.joined(separator: " ") ?? "not JSON"
    }

    private static let profile =
        "user_id user_type email user_name user_shortname broker exchanges products order_types"
        + " avatar_url meta"
    private static let orderMargin =
        "type span exposure option_premium additional bo cash var leverage total tradingsymbol"
        + " exchange charges"
    private static let gtt =
        "id user_id parent_trigger type created_at updated_at expires_at status condition orders"
        + " meta"
    private static let margins = "enabled net available utilised"
    private static let station =
        "placed_by account_id order_id exchange_order_id parent_order_id status status_message"
        + " order_timestamp exchange_update_timestamp exchange_timestamp variety modified exchange"
        + " tradingsymbol instrument_token order_type transaction_type validity validity_ttl"
        + " product quantity disclosed_quantity price trigger_price auction_number average_price"
        + " filled_quantity pending_quantity cancelled_quantity market_protection tag tags"
    private static let order = station.replacing(
        "status_message",
        with: "status_message status_message_raw"
    )
    .replacing("tag tags", with: "meta tag tags guid")
    private static let trade =
        "trade_id order_id exchange_order_id exchange tradingsymbol instrument_token product"
        + " average_price quantity transaction_type fill_timestamp order_timestamp"
        + " exchange_timestamp"
    private static let holding =
        "tradingsymbol exchange instrument_token isin product price quantity used_quantity"
        + " t1_quantity realised_quantity authorised_quantity opening_quantity short_quantity"
        + " collateral_quantity collateral_type discrepancy average_price last_price close_price"
        + " pnl day_change authorised_date"
}

extension SandboxGuest {
    /// Sends with these headers alone, the content type among them.
    func form(
        _ method: String,
        _ target: String,
        headers: [(name: String, value: String)],
        _ body: String = ""
    ) async throws -> Answer {
        let response = try await http.send(
            HTTPRequest(
                method: method,
                url: base + target,
                headers: headers,
                body: body.isEmpty ? nil : Array(body.utf8),
                timeout: .seconds(60)
            )
        )
        return Answer(
            status: response.status,
            json: (try? JSONValue(parsing: response.body)) ?? .null,
            body: response.body,
            response: response
        )
    }
}
