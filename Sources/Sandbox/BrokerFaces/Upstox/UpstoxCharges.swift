import Exchange
import HTTPServer
import JSON

/// Margins, brokerage and the trades of past days (upstox.md §6).
extension UpstoxFace {
    var chargeRoutes: [HTTPRoute] {
        [
            route("POST", "/v2/charges/margin", .other, Self.margins),
            route("GET", "/v2/charges/brokerage", .other, Self.brokerage),
            route("GET", "/v2/charges/historical-trades", .other, Self.pastTrades),
        ]
    }

    private static let margins: Work = { call, world throws(UpstoxError) in
        guard let list = (try? JSONValue(parsing: call.request.body))?["instruments"]?.array,
            (1...20).contains(list.count)
        else { throw .body }
        var needs: [Rupees] = []
        for item in list {
            guard let fields = FlatObject(item.serialized()),
                let side = UpstoxWords.side(fields.text("transaction_type")),
                let quantity = fields.whole("quantity") ?? nil,
                (1...100_000_000).contains(quantity)
            else { throw .body }
            let instrument = try world.upstoxInstrument(fields.text("instrument_key") ?? "")
            let segment = world.exchange.instrument(instrument).key.segment
            guard let product = UpstoxWords.product(fields.text("product"), in: segment) else {
                throw .input
            }
            let market = world.exchange.quote(instrument, at: call.now).lastPrice
            needs.append(
                world.exchange.moneyNeeded(
                    account: call.account,
                    instrument: instrument,
                    side: side,
                    product: product,
                    quantity: quantity,
                    price: (fields.amount("price") ?? nil) ?? market
                )
            )
        }
        let total = needs.reduce(.zero, +)
        return success { writer in
            writer.beginObject()
            writer.key("margins")
            writer.beginArray()
            for need in needs {
                writer.beginObject()
                for name in ["span_margin", "exposure_margin"] { writer.field(name, Rupees.zero) }
                writer.field("equity_margin", need)
                for name in ["net_buy_premium", "additional_margin"] {
                    writer.field(name, Rupees.zero)
                }
                writer.field("total_margin", need)
                writer.field("tender_margin", Rupees.zero)
                writer.endObject()
            }
            writer.endArray()
            writer.field("required_margin", total)
            writer.field("final_margin", total)
            writer.endObject()
        }
    }

    /// Simple rates, so that a reader can reckon them again: a flat fee, and parts of the turnover.
    private static let brokerage: Work = { call, world throws(UpstoxError) in
        let instrument = try world.upstoxInstrument(call.request.query("instrument_token") ?? "")
        guard let quantity = call.request.query("quantity").flatMap({ Int64($0) }), quantity > 0,
            let price = call.request.query("price").flatMap({ Rupees(decimal: $0) }),
            let side = UpstoxWords.side(call.request.query("transaction_type")),
            let product = UpstoxWords.product(
                call.request.query("product"),
                in: world.exchange.instrument(instrument).key.segment
            )
        else { throw .input }
        let turnover = price * quantity
        let brokerage = product == .delivery ? Rupees.zero : Rupees(20)
        let tax =
            product == .delivery
            ? turnover.part(basisPoints: 10)
            : side == .sell ? turnover.part(basisPoints: 3) : .zero
        let stamp = side == .buy ? turnover.part(basisPoints: 2) : .zero
        let exchange = turnover.part(basisPoints: 1)
        let service = (brokerage + exchange).part(basisPoints: 1_800)
        return success { writer in
            writer.beginObject()
            writer.key("charges")
            writer.beginObject()
            writer.field("total", brokerage + tax + stamp + exchange + service)
            writer.field("brokerage", brokerage)
            writer.key("taxes")
            writer.beginObject()
            writer.field("gst", service)
            writer.field("stt", tax)
            writer.field("stamp_duty", stamp)
            writer.endObject()
            for name in ["other_charges", "otherTaxes"] {
                writer.key(name)
                writer.beginObject()
                writer.field("transaction", exchange)
                for name in ["clearing", "ipft", "sebi_turnover"] {
                    writer.field(name, Rupees.zero)
                }
                writer.endObject()
            }
            writer.endObject()
            writer.endObject()
        }
    }

    private static let pastTrades: Work = { call, world throws(UpstoxError) in
        guard let from = call.request.query("start_date").flatMap({ Moment(indianDate: $0) }),
            let to = call.request.query("end_date").flatMap({ Moment(indianDate: $0) }),
            from.indianDay <= to.indianDay,
            let page = call.request.query("page_number").flatMap({ Int($0) }), page >= 1,
            let size = call.request.query("page_size").flatMap({ Int($0) }),
            (1...5_000).contains(size)
        else { throw .input }
        var trades: [(Order, Trade)] = []
        for order in call.history(world) {
            for trade in order.trades.compactMap({ world.exchange.trade($0) })
            where (from.indianDay...to.indianDay).contains(trade.at.indianDay) {
                trades.append((order, trade))
            }
        }
        let shown = trades.dropFirst((page - 1) * size).prefix(size)
        return FaceReply { writer in
            writer.beginObject()
            writer.field("status", "success")
            writer.key("data")
            writer.beginArray()
            for (order, trade) in shown {
                let instrument = world.exchange.instrument(order.instrument)
                writer.beginObject()
                writer.field("exchange", UpstoxWords.exchange(instrument.key.segment))
                writer.field("segment", "EQ")
                writer.field("option_type", "")
                writer.field("quantity", trade.quantity)
                writer.field("amount", trade.price * trade.quantity)
                writer.field("trade_id", String(trade.number))
                writer.field("trade_date", trade.at.indianDate)
                writer.field("transaction_type", UpstoxWords.word(order.side))
                writer.field("scrip_name", instrument.name)
                writer.field("strike_price", "0.0")
                writer.field("expiry", "")
                writer.field("price", trade.price)
                writer.field("isin", instrument.isin)
                writer.field("symbol", instrument.symbol)
                writer.field("instrument_token", UpstoxWords.key(instrument))
                writer.endObject()
            }
            writer.endArray()
            writer.key("metaData")
            writer.beginObject()
            writer.key("page")
            writer.beginObject()
            writer.field("page_number", page)
            writer.field("page_size", size)
            writer.field("total_records", trades.count)
            writer.field("total_pages", (trades.count + size - 1) / size)
            writer.endObject()
            writer.endObject()
            writer.endObject()
        }
    }
}
