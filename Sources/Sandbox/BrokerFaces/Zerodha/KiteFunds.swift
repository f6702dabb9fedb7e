import Exchange
import HTTPServer
import JSON

/// Funds (kite.md §6).
extension KiteFace {
    /// What an account without a limit is said to have.
    private static let plenty = Rupees(1_000_000_000)

    var fundRoutes: [HTTPRoute] {
        [
            route("GET", "/user/margins") { call, world in
                let account = world.exchange.accounts[call.account]
                return .success { writer in
                    writer.beginObject()
                    writer.key("equity")
                    Self.write(account, &writer)
                    writer.key("commodity")
                    Self.write(nil, &writer)
                    writer.endObject()
                }
            },
            route("GET", "/user/margins/{segment}") { call, world throws(KiteError) in
                let account = world.exchange.accounts[call.account]
                switch call.request.pathParameters["segment"] {
                case "equity": return .success { Self.write(account, &$0) }
                case "commodity": return .success { Self.write(nil, &$0) }
                default: throw .input("Unknown segment.")
                }
            },
        ]
    }

    /// One segment's object; nil is one that the account does not trade in.
    private static func write(_ account: Account?, _ writer: inout JSONWriter) {
        let opening = account.map { $0.openingFunds ?? plenty } ?? .zero
        let used = account.map { $0.blocked + $0.utilized } ?? .zero
        writer.beginObject()
        writer.field("enabled", account != nil)
        writer.field("net", opening - used)
        writer.key("available")
        writer.beginObject()
        writer.field("adhoc_margin", 0)
        writer.field("cash", opening)
        writer.field("opening_balance", opening)
        writer.field("live_balance", opening - used)
        writer.field("collateral", 0)
        writer.field("intraday_payin", 0)
        writer.endObject()
        writer.key("utilised")
        writer.beginObject()
        writer.field("debits", used)
        for name in [
            "exposure", "m2m_realised", "m2m_unrealised", "option_premium", "payout", "span",
            "holding_sales", "turnover", "liquid_collateral", "stock_collateral",
        ] {
            writer.field(name, 0)
        }
        writer.field("delivery", 0)
        writer.endObject()
        writer.endObject()
    }
}
