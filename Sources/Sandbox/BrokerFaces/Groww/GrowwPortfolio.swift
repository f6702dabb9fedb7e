import Exchange
import HTTPServer
import JSON

/// Holdings, positions and the user (groww.md §5).
extension GrowwFace {
    var portfolioRoutes: [HTTPRoute] {
        [
            route("GET", "/holdings/user", .other, Self.holdings),
            route("GET", "/positions/user", .other) { call, world throws(GrowwError) in
                Self.positions(try Self.segment(call), of: nil, call, world)
            },
            route("GET", "/positions/trading-symbol", .other) { call, world throws(GrowwError) in
                guard let symbol = call.request.query("trading_symbol") else {
                    throw .badRequest("trading_symbol is missing")
                }
                return Self.positions(try Self.neededSegment(call), of: symbol, call, world)
            },
            route("GET", "/user/detail", .other) { call, world in
                let client = world.clients[call.account].client
                return .groww { writer in
                    writer.field("vendor_user_id", "vendor-" + client)
                    writer.field("ucc", client)
                    writer.field("nse_enabled", true)
                    writer.field("bse_enabled", true)
                    writer.field("ddpi_enabled", false)
                    writer.key("active_segments")
                    writer.beginArray()
                    for segment in GrowwWords.segments { writer.string(segment) }
                    writer.endArray()
                }
            },
        ]
    }

    /// Quantities are numbers with a decimal point here, as some of the documents' sample are.
    private static let holdings: Work = { call, world in
        let account = world.exchange.accounts[call.account]
        let held = account.holdings.filter { $0.value.quantity > 0 }.sorted { $0.key < $1.key }
        return .groww { writer in
            writer.key("holdings")
            writer.beginArray()
            for (index, holding) in held {
                let instrument = world.exchange.instrument(index)
                let free = min(max(account.deliverable(index), 0), holding.quantity)
                writer.beginObject()
                writer.field("isin", instrument.isin)
                writer.field("trading_symbol", instrument.symbol)
                writer.field("quantity", Rupees(holding.quantity))
                writer.field("average_price", holding.averagePrice)
                for name in ["pledge_quantity", "demat_locked_quantity"] { writer.field(name, 0) }
                writer.field("groww_locked_quantity", Rupees(holding.quantity - free))
                for name in ["repledge_quantity", "t1_quantity"] { writer.field(name, 0) }
                writer.field("demat_free_quantity", Rupees(free))
                for name in [
                    "corporate_action_additional_quantity", "active_demat_transfer_quantity",
                ] { writer.field(name, 0) }
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// Credit is what was bought, debit what was sold.
    private static func positions(
        _ segment: String?,
        of symbol: String?,
        _ call: FaceCall,
        _ world: World
    ) -> FaceReply {
        let all = world.exchange.accounts[call.account].positions
            .filter { $0.value.buyQuantity > 0 || $0.value.sellQuantity > 0 }
            .sorted { name($0.key) < name($1.key) }
        return .groww { writer in
            writer.key("positions")
            writer.beginArray()
            for (key, position) in all {
                let instrument = world.exchange.instrument(key.instrument)
                guard let place = GrowwWords.place(instrument.key.segment),
                    segment == nil || segment == place.segment,
                    symbol == nil || symbol == GrowwWords.symbol(instrument)
                else { continue }
                writer.beginObject()
                writer.field("trading_symbol", GrowwWords.symbol(instrument))
                writer.field("segment", place.segment)
                members(of: position, &writer)
                writer.field("exchange", place.exchange)
                writer.field("symbol_isin", instrument.isin)
                writer.field("quantity", position.net)
                writer.field("product", GrowwWords.word(key.product))
                writer.field("net_carry_forward_quantity", 0)
                writer.field(
                    "net_price",
                    position.net < 0 ? position.sellAverage : position.buyAverage
                )
                writer.field("net_carry_forward_price", Rupees.zero)
                writer.field("realised_pnl", position.realized)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private static func members(of position: Position, _ writer: inout JSONWriter) {
        writer.field("credit_quantity", position.buyQuantity)
        writer.field("credit_price", position.buyAverage)
        writer.field("debit_quantity", position.sellQuantity)
        writer.field("debit_price", position.sellAverage)
        writer.field("carry_forward_credit_quantity", 0)
        writer.field("carry_forward_credit_price", Rupees.zero)
        writer.field("carry_forward_debit_quantity", 0)
        writer.field("carry_forward_debit_price", Rupees.zero)
    }

    private static func name(_ key: PositionKey) -> (Int, String) {
        (key.instrument, GrowwWords.word(key.product))
    }
}
