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
        let used = account.blocked + account.utilized
        return success { writer in
            writer.beginObject()
            writer.key("available_to_trade")
            writer.beginObject()
            writer.field("total", available)
            writer.key("cash_available_to_trade")
            writer.beginObject()
            writer.field("total", available)
            writer.key("cash")
            writer.beginObject()
            writer.field("opening_balance", account.openingFunds ?? plenty)
            for name in ["added_today", "withdrawn_today"] { writer.field(name, Rupees.zero) }
            writer.endObject()
            writer.key("margin_used")
            writer.beginObject()
            writer.field("total", used)
            writer.endObject()
            writer.endObject()
            writer.endObject()
            writer.endObject()
        }
    }
}
