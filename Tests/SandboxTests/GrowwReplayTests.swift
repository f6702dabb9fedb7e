import BrokerFaces
import HTTPClient
import JSON
import Testing

/// The requests that Groww's official SDK was seen to send, sent again as they were.
@Suite("Groww's SDK, replayed", .timeLimit(.minutes(20)))
struct GrowwReplayTests {
    /// Status and shape of the answer, by number of the captured request.
    ///
    /// A shape is the members' names of the payload, or of the whole where there is none; of a
    /// list, its name and the members' names of its first element.
    private static let expected: [Int64: (status: Int, shape: String)] = [
        1: (200, token), 2: (200, token), 3: (200, "info[] warning[]"), 4: (200, placed),
        5: (200, placed), 7: (200, changed), 8: (200, changed), 9: (200, changed),
        10: (200, brief), 11: (200, brief), 12: (200, order), 13: (200, "order_list[\(order)]"),
        14: (200, "order_list[\(order)]"), 15: (200, "trade_list[\(trade)]"),
        16: (200, "holdings[\(holding)]"), 17: (200, "positions[\(position)]"),
        18: (200, "positions[\(position)]"), 19: (200, "positions[\(position)]"),
        20: (200, funds), 21: (200, needs), 22: (200, quote), 23: (200, "NSE_WIPRO NSE_TCS"),
        24: (200, "NSE_WIPRO NSE_TCS"), 25: (200, "NSE_WIPRO"),
        27: (201, smart), 29: (202, smart), 30: (202, smart), 31: (200, smart),
        32: (200, "orders[]"),
        33: (200, "vendor_user_id ucc nse_enabled bse_enabled ddpi_enabled active_segments[]"),
        35: (200, "not JSON"), 36: (200, "token subscriptionId"),
    ]

    @Test("Each captured request of the SDK gets the status and shape of the documents")
    func replay() async throws {
        let requests = try CapturedRequest.all("groww")
        #expect(requests.count == 36)
        var configuration = SandboxGuest.quiet
        // Shortly after the checksum of the captured login was made.
        configuration.clock = { 1_795_217_900_000_000 }
        let account = """
            {"face":"groww","client_id":"APIKEY","token":"TESTTOKEN",
            "holdings":[{"symbol":"NTPC","quantity":10,"average_price":"300.00"}]}
            """
        try await SandboxGuest.visit(configuration, account: account) { guest in
            // Above the captured limits, so that these rest.
            try await guest.freeze("WIPRO", "260.00")
            try await guest.freeze("TCS", "4000.00")
            var story = GrowwStory(guest: guest)
            for request in requests {
                let answer = try await story.send(request)
                // Option chains, candles; and a future that the simulated exchange does not list.
                let expected = Self.expected[request.number] ?? (404, "status error")
                #expect(answer.status == expected.status, "\(request.number) \(request.call)")
                #expect(shape(answer.json) == expected.shape, "\(request.number) \(request.call)")
            }
        }
    }

    private func shape(_ json: JSONValue) -> String {
        guard let members = json["payload"]?.object ?? json.object else { return "not JSON" }
        return members.map { member in
            guard let list = member.value.array else { return member.key }
            let first = list.first?.object?.keys.joined(separator: " ") ?? ""
            return "\(member.key)[\(first)]"
        }
        .joined(separator: " ")
    }

    private static let token = "token tokenRefId sessionName expiry isActive"
    private static let placed = "groww_order_id order_status order_reference_id remark"
    private static let changed = "groww_order_id order_status"
    private static let smart =
        "smart_order_id smart_order_type reference_id status trading_symbol exchange segment"
        + " quantity product_type duration trigger_price trigger_direction order remark"
        + " is_cancellation_allowed is_modification_allowed created_at expire_at triggered_at"
        + " updated_at"
    private static let brief =
        "groww_order_id order_status remark filled_quantity order_reference_id"
    private static let order =
        "groww_order_id trading_symbol order_status remark quantity price trigger_price"
        + " filled_quantity remaining_quantity average_fill_price deliverable_quantity amo_status"
        + " validity exchange order_type transaction_type segment product created_at"
        + " exchange_time trade_date order_reference_id"
    private static let trade =
        "price isin quantity groww_order_id groww_trade_id exchange_trade_id exchange_order_id"
        + " trade_status trading_symbol remark exchange segment product transaction_type"
        + " created_at trade_date_time settlement_number"
    private static let holding =
        "isin trading_symbol quantity average_price pledge_quantity demat_locked_quantity"
        + " groww_locked_quantity repledge_quantity t1_quantity demat_free_quantity"
        + " corporate_action_additional_quantity active_demat_transfer_quantity"
    private static let position =
        "trading_symbol segment credit_quantity credit_price debit_quantity debit_price"
        + " carry_forward_credit_quantity carry_forward_credit_price"
        + " carry_forward_debit_quantity carry_forward_debit_price exchange symbol_isin quantity"
        + " product net_carry_forward_quantity net_price net_carry_forward_price realised_pnl"
    private static let funds =
        "clear_cash net_margin_used brokerage_and_charges collateral_used collateral_available"
        + " adhoc_margin fno_margin_details equity_margin_details commodity_margin_details"
    private static let needs =
        "exposure_required span_required option_buy_premium brokerage_and_charges"
        + " total_requirement cash_cnc_margin_required cash_mis_margin_required"
        + " physical_delivery_margin_requirement"
    private static let quote =
        "average_price bid_quantity bid_price day_change day_change_perc upper_circuit_limit"
        + " lower_circuit_limit ohlc depth high_trade_range low_trade_range implied_volatility"
        + " last_trade_quantity last_trade_time last_price market_cap offer_price offer_quantity"
        + " oi_day_change oi_day_change_percentage open_interest previous_open_interest"
        + " total_buy_quantity total_sell_quantity volume week_52_high week_52_low"
}

/// The captured requests one after the other, with what the sandbox made up put in their places.
private struct GrowwStory {
    /// The order id that the captured requests carry.
    static let capturedOrder = "GMK1"

    let guest: SandboxGuest
    var token = "TESTTOKEN"
    var order = ""
    var smart = ""

    init(guest: SandboxGuest) {
        self.guest = guest
    }

    mutating func send(_ request: CapturedRequest) async throws -> SandboxGuest.Answer {
        switch request.call {
        // The first change makes it a market order, which fills: another one for the second.
        case "modify_order.limit": try await placeAnother()
        // And of the one that filled there are trades.
        case "get_trade_list_for_order": try await find("78635212")
        default: break
        }
        let headers = request.headers.map { header in
            header.value == "Bearer TESTTOKEN"
                ? (name: header.name, value: "Bearer " + token) : header
        }
        let body = request.body.isEmpty ? nil : request.body
        let answer = try await guest.send(
            request.method,
            "/groww"
                + request.target.replacing(Self.capturedOrder, with: order)
                .replacing("gtt_1", with: smart),
            headers: headers.filter { $0.name != "Content-Type" },
            body.map { $0.replacing(Self.capturedOrder, with: order) }
        )
        if let made = answer.json["token"]?.string { token = made }
        if request.call == "create_smart_order.gtt" {
            smart = answer.json["payload"]?["smart_order_id"]?.string ?? ""
        }
        if request.call == "place_order.limit" { order = answer.growwOrder }
        return answer
    }

    private mutating func placeAnother() async throws {
        var own = guest
        own.token = token
        let body = GrowwBody(symbol: "WIPRO", price: "250.0", reference: "Ab-654321236")
        order = try await own.place(body).growwOrder
    }

    private mutating func find(_ reference: String) async throws {
        var own = guest
        own.token = token
        let target = "/order/status/reference/\(reference)?segment=CASH"
        order = try await own.groww("GET", target).growwOrder
    }
}
