import Exchange
import HTTPServer
import JSON

/// Funds and margins (groww.md §6).
extension GrowwFace {
    /// What an account without a limit is said to have.
    private static let plenty = Rupees(1_000_000_000)

    var marginRoutes: [HTTPRoute] {
        [
            route("GET", "/margins/detail/user", .other, Self.funds),
            route("POST", "/margins/detail/orders", .other, Self.needs),
        ]
    }

    private static let funds: Work = { call, world in
        let account = world.exchange.accounts[call.account]
        let available = account.available ?? plenty
        let used = account.blocked + account.utilized
        return .groww { writer in
            writer.field("clear_cash", account.openingFunds ?? plenty)
            writer.field("net_margin_used", used)
            for name in [
                "brokerage_and_charges", "collateral_used", "collateral_available", "adhoc_margin",
            ] { writer.field(name, Rupees.zero) }
            writer.key("fno_margin_details")
            writer.beginObject()
            for name in ["net_fno_margin_used", "span_margin_used", "exposure_margin_used"] {
                writer.field(name, Rupees.zero)
            }
            writer.field("future_balance_available", available)
            writer.field("option_buy_balance_available", available)
            writer.field("option_sell_balance_available", available)
            writer.endObject()
            writer.key("equity_margin_details")
            writer.beginObject()
            writer.field("net_equity_margin_used", used)
            writer.field("cnc_margin_used", used)
            writer.field("mis_margin_used", Rupees.zero)
            writer.field("cnc_balance_available", available)
            writer.field("mis_balance_available", available)
            writer.endObject()
            writer.key("commodity_margin_details")
            writer.beginObject()
            for name in [
                "commodity_span_margin", "commodity_exposure_margin", "commodity_tender_margin",
                "commodity_special_margin", "commodity_additional_margin",
                "commodity_unrealised_m2m", "commodity_realised_m2m",
            ] { writer.field(name, Rupees.zero) }
            writer.endObject()
        }
    }

    /// A list of orders; more than one only for derivatives.
    private static let needs: Work = { call, world throws(GrowwError) in
        let segment = try neededSegment(call)
        guard let orders = (try? JSONValue(parsing: call.request.body))?.array, !orders.isEmpty,
            orders.count == 1 || segment != "CASH"
        else { throw .badRequest("The body is no list of orders of this segment") }
        var needed: [Product: Rupees] = [:]
        for order in orders {
            guard let fields = FlatObject(order.serialized()),
                let side = GrowwWords.side(fields.text("transaction_type")),
                let product = GrowwWords.product(fields.text("product")),
                let quantity = fields.whole("quantity") ?? nil,
                (1...100_000_000).contains(quantity)
            else { throw .badRequest("An order of the list is invalid") }
            let instrument = try Self.instrument(
                fields.text("trading_symbol"),
                fields.text("exchange"),
                segment,
                world
            )
            let terms = try GrowwTerms(fields)
            needed[product, default: .zero] += world.exchange.moneyNeeded(
                account: call.account,
                instrument: instrument,
                side: side,
                product: product,
                quantity: quantity,
                price: terms.price ?? world.exchange.quote(instrument, at: call.now).lastPrice
            )
        }
        let total = needed.values.reduce(.zero, +)
        return .groww { writer in
            for name in [
                "exposure_required", "span_required", "option_buy_premium",
                "brokerage_and_charges",
            ] { writer.field(name, Rupees.zero) }
            writer.field("total_requirement", total)
            writer.field("cash_cnc_margin_required", needed[.delivery] ?? .zero)
            writer.field("cash_mis_margin_required", needed[.intraday] ?? .zero)
            writer.field("physical_delivery_margin_requirement", Rupees.zero)
        }
    }
}
