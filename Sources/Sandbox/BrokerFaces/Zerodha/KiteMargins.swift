import Exchange
import HTTPServer
import JSON

/// Margins, the virtual contract note, and the authorisation of sales (kite.md §6).
extension KiteFace {
    var marginRoutes: [HTTPRoute] {
        [
            route("POST", "/margins/orders") { call, world throws(KiteError) in
                let legs = try Self.legs(call, &world)
                return .success { writer in
                    writer.beginArray()
                    for leg in legs { Self.write(leg, &writer) }
                    writer.endArray()
                }
            },
            route("POST", "/margins/basket") { call, world throws(KiteError) in
                let legs = try Self.legs(call, &world)
                let total = legs.reduce(.zero) { $0 + $1.need }
                return .success { writer in
                    writer.beginObject()
                    for name in ["initial", "final"] {
                        writer.key(name)
                        Self.needs(total, &writer)
                        writer.endObject()
                    }
                    writer.key("orders")
                    writer.beginArray()
                    for leg in legs { Self.write(leg, &writer) }
                    writer.endArray()
                    writer.endObject()
                }
            },
            route("POST", "/charges/orders") { call, world throws(KiteError) in
                let legs = try Self.legs(call, &world)
                return .success { writer in
                    writer.beginArray()
                    for leg in legs {
                        writer.beginObject()
                        writer.field("transaction_type", KiteWords.word(leg.side))
                        writer.field("tradingsymbol", leg.symbol)
                        writer.field("exchange", leg.exchange)
                        writer.field("quantity", leg.quantity)
                        writer.field("price", leg.price)
                        Self.charges(leg, &writer)
                        writer.endObject()
                    }
                    writer.endArray()
                }
            },
            route("POST", "/portfolio/holdings/authorise", .other, Self.authorise),
            HTTPRoute(
                "GET",
                Self.root + "/connect/portfolio/authorise/holdings/{key}/{request}",
                finishAuthorisation
            ),
        ]
    }

    private struct Leg {
        let exchange: String
        let symbol: String
        let side: Side
        let product: Product
        let quantity: Int64
        let price: Rupees
        let need: Rupees
    }

    /// An order at the market is reckoned at the last price.
    private static func legs(_ call: FaceCall, _ world: inout World) throws(KiteError) -> [Leg] {
        guard let list = (try? JSONValue(parsing: call.request.body))?.array, !list.isEmpty else {
            throw .input("The body is no list of orders.")
        }
        var legs: [Leg] = []
        for item in list {
            guard let fields = FlatObject(item.serialized()),
                let exchange = fields.text("exchange"),
                let symbol = fields.text("tradingsymbol"),
                let instrument = world.instrument(exchange: exchange, symbol: symbol),
                let side = KiteWords.side(fields.text("transaction_type")),
                let product = KiteWords.product(fields.text("product")),
                KiteWords.kind(fields.text("order_type")) != nil, fields.has("variety"),
                let quantity = fields.whole("quantity") ?? nil,
                (1...100_000_000).contains(quantity)
            else { throw .input("An order of the list is invalid.") }
            let stated = (fields.amount("average_price") ?? nil) ?? (fields.amount("price") ?? nil)
            let market = world.exchange.quote(instrument, at: call.now).lastPrice
            let price = stated.flatMap { $0 > .zero ? $0 : nil } ?? market
            let need = world.exchange.moneyNeeded(
                account: call.account,
                instrument: instrument,
                side: side,
                product: product,
                quantity: quantity,
                price: price
            )
            legs.append(
                Leg(
                    exchange: exchange,
                    symbol: symbol,
                    side: side,
                    product: product,
                    quantity: quantity,
                    price: price,
                    need: need
                )
            )
        }
        return legs
    }

    private static func write(_ leg: Leg, _ writer: inout JSONWriter) {
        needs(leg.need, &writer)
        writer.field("tradingsymbol", leg.symbol)
        writer.field("exchange", leg.exchange)
        charges(leg, &writer)
        writer.endObject()
    }

    /// Begins an object that the caller ends.
    private static func needs(_ total: Rupees, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("type", "equity")
        for name in ["span", "exposure", "option_premium", "additional", "bo", "cash"] {
            writer.field(name, 0)
        }
        writer.field("var", total)
        writer.field("leverage", 1)
        writer.field("total", total)
    }

    /// Simple rates, so that a reader can reckon them again: a flat fee, and parts of the turnover.
    private static func charges(_ leg: Leg, _ writer: inout JSONWriter) {
        let turnover = leg.price * leg.quantity
        let isDelivery = leg.product == .delivery
        let brokerage = isDelivery ? Rupees.zero : Rupees(20)
        let tax =
            isDelivery
            ? turnover.part(basisPoints: 10)
            : leg.side == .sell ? turnover.part(basisPoints: 3) : .zero
        let stamp = leg.side == .buy ? turnover.part(basisPoints: 2) : .zero
        let exchange = turnover.part(basisPoints: 1)
        let service = (brokerage + exchange).part(basisPoints: 1_800)
        writer.key("charges")
        writer.beginObject()
        writer.field("transaction_tax", tax)
        writer.field("transaction_tax_type", "stt")
        writer.field("exchange_turnover_charge", exchange)
        writer.field("sebi_turnover_charge", 0)
        writer.field("brokerage", brokerage)
        writer.field("stamp_duty", stamp)
        writer.key("gst")
        writer.beginObject()
        writer.field("igst", service)
        writer.field("cgst", 0)
        writer.field("sgst", 0)
        writer.field("total", service)
        writer.endObject()
        writer.field("total", brokerage + tax + stamp + exchange + service)
        writer.endObject()
    }

    /// Pairs of `isin` and `quantity`; without any all holdings are meant.
    private static let authorise: Work = { call, world throws(KiteError) in
        let pairs = try KiteForm.pairs(call.request.body)
        var shares: [(isin: String, quantity: Int64)] = []
        for (name, value) in pairs {
            switch name {
            case "isin": shares.append((value, 0))
            case "quantity":
                guard let quantity = Int64(value), quantity > 0, !shares.isEmpty else {
                    throw .input("Invalid `quantity`.")
                }
                shares[shares.count - 1].quantity = quantity
            default: break
            }
        }
        guard shares.allSatisfy({ $0.quantity > 0 }) else { throw .input("Missing `quantity`.") }
        let request = world.nextSecret("authorise")
        world.saleRequests[request] = SaleRequest(account: call.account, shares: shares.map(\.self))
        return .success { writer in
            writer.beginObject()
            writer.field("request_id", request)
            writer.endObject()
        }
    }

    /// Stands in for the page, where the client has typed in its PIN.
    @Sendable private func finishAuthorisation(_ request: HTTPServerRequest) -> HTTPServerResponse {
        floor.enter { world, _ in
            let id = request.pathParameters["request"] ?? ""
            guard let sale = world.saleRequests.removeValue(forKey: id) else {
                return KiteError.input("Unknown request.").reply
            }
            world.authorise(sale)
            return FaceReply.success { $0.bool(true) }
        }
        .response
    }
}
