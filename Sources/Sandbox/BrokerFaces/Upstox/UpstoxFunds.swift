import Exchange
import HTTPServer
import JSON

/// Funds and the client's particulars (upstox.md §6).
extension UpstoxFace {
    /// What an account without a limit is said to have.
    private static let plenty = Rupees(1_000_000_000)

    var fundRoutes: [HTTPRoute] {
        [
            route("GET", "/v2/user/get-funds-and-margin", .other, Self.funds),
            route("GET", "/v3/user/get-funds-and-margin", .other, Self.tradingFunds),
            route("GET", "/v2/user/profile") { call, world in
                let client = world.clients[call.account].client
                return Self.success { writer in
                    writer.beginObject()
                    Self.particulars(of: client, &writer)
                    for name in ["poa", "ddpi"] { writer.field(name, false) }
                    writer.field("is_active", true)
                    writer.endObject()
                }
            },
        ]
    }

    /// What profile and token answers both tell of a client.
    static func particulars(of client: String, _ writer: inout JSONWriter) {
        writer.field("email", "client@example.com")
        let lists = [
            ("exchanges", ["NSE", "NFO", "BSE", "BFO"]), ("products", ["D", "I", "MTF"]),
            ("order_types", ["MARKET", "LIMIT", "SL", "SL-M"]),
        ]
        for (name, words) in lists {
            writer.key(name)
            writer.beginArray()
            for word in words { writer.string(word) }
            writer.endArray()
        }
        writer.field("broker", "UPSTOX")
        writer.field("user_id", client)
        writer.field("user_name", "CLIENT \(client)")
        writer.field("user_type", "individual")
    }

    /// From midnight to half past five nobody is told, where the sandbox keeps the exchange's hours.
    private static func checkFundHours(_ call: FaceCall, _ world: World) throws(UpstoxError) {
        if world.exchange.hours == .exchange, call.now.indianSecondOfDay < 19_800 {
            throw .fundHours
        }
    }

    /// One pool for all segments, which the object of the shares carries.
    private static let funds: Work = { call, world throws(UpstoxError) in
        try checkFundHours(call, world)
        let segment = call.request.query("segment")
        guard segment == nil || segment == "SEC" || segment == "COM" else { throw .input }
        let account = world.exchange.accounts[call.account]
        return success { writer in
            writer.beginObject()
            if segment != "COM" {
                let available = account.available ?? plenty
                pool("equity", used: account.blocked + account.utilized, available, &writer)
            }
            if segment != "SEC" { pool("commodity", used: .zero, .zero, &writer) }
            writer.endObject()
        }
    }

    private static func pool(
        _ name: String,
        used: Rupees,
        _ available: Rupees,
        _ writer: inout JSONWriter
    ) {
        writer.key(name)
        writer.beginObject()
        writer.field("used_margin", used)
        for name in [
            "payin_amount", "span_margin", "adhoc_margin", "notional_cash", "exposure_margin",
        ] {
            writer.field(name, Rupees.zero)
        }
        writer.field("available_margin", available)
        writer.endObject()
    }

    /// Only cash; nothing is pledged here, and nothing waits to be settled.
    private static let tradingFunds: Work = { call, world throws(UpstoxError) in
        try checkFundHours(call, world)
        let account = world.exchange.accounts[call.account]
        let available = account.available ?? plenty
        return success { writer in
            writer.beginObject()
            object("available_to_trade", &writer) {
                $0.field("total", available)
                object("cash_available_to_trade", &$0) {
                    $0.field("total", available)
                    object("cash", &$0) {
                        $0.field("opening_balance", account.openingFunds ?? plenty)
                        zeros(
                            [
                                "added_today", "withdrawn_today", "amount_from_stock_sale",
                                "unpaid_charges",
                            ],
                            &$0
                        )
                    }
                    object("margin_used", &$0) {
                        $0.field("total", account.blocked + account.utilized)
                        zeros(["mtf"], &$0)
                        object("loss", &$0) { zeros(["total", "realised", "unrealised"], &$0) }
                        marginParts(&$0)
                    }
                }
                object("pledge_available_to_trade", &$0) {
                    zeros(["total"], &$0)
                    object("margin_from_pledge", &$0) {
                        zeros(["total", "equity", "mutual_funds"], &$0)
                    }
                    object("margin_used", &$0) {
                        zeros(["total", "mtf"], &$0)
                        marginParts(&$0)
                    }
                }
            }
            object("unavailable_to_trade", &writer) {
                object("cash_unavailable_to_trade", &$0) {
                    object("unsettled_profit", &$0) {
                        zeros(["todays_profit", "previous_days"], &$0)
                    }
                }
                object("pledge_unavailable_to_trade", &$0) {
                    zeros(["equity", "mutual_funds"], &$0)
                }
            }
            writer.endObject()
        }
    }

    private static func marginParts(_ writer: inout JSONWriter) {
        zeros(["span_exposure", "cash_margin_var_elm", "premium_present"], &writer)
        object("delivery_margin", &writer) { zeros(["total", "equity", "fo_settlement"], &$0) }
    }

    private static func object(
        _ name: String,
        _ writer: inout JSONWriter,
        _ fill: (inout JSONWriter) -> Void
    ) {
        writer.key(name)
        writer.beginObject()
        fill(&writer)
        writer.endObject()
    }

    private static func zeros(_ names: [String], _ writer: inout JSONWriter) {
        for name in names { writer.field(name, Rupees.zero) }
    }
}
