import Exchange
import HTTPServer
import JSON

/// Funds and margins (dhan.md §6).
extension DhanFace {
    /// What an account without a limit is said to have.
    private static let plenty = Rupees(1_000_000_000)

    var fundRoutes: [HTTPRoute] {
        [
            route("GET", "/fundlimit") { call, world in
                let account = world.exchange.accounts[call.account]
                let available = account.available ?? Self.plenty
                return FaceReply { writer in
                    writer.beginObject()
                    writer.field("dhanClientId", world.clients[call.account].client)
                    writer.field("availabelBalance", available)
                    writer.field("sodLimit", account.openingFunds ?? Self.plenty)
                    writer.field("collateralAmount", Rupees.zero)
                    writer.field("receiveableAmount", Rupees.zero)
                    writer.field("utilizedAmount", account.blocked + account.utilized)
                    writer.field("blockedPayoutAmount", Rupees.zero)
                    writer.field("withdrawableBalance", max(available, .zero))
                    writer.endObject()
                }
            },
            route("POST", "/margincalculator", .other, Self.margin),
            route("POST", "/margincalculator/multi", .other, Self.margins),
        ]
    }

    private struct Leg {
        let instrument: Int
        let product: Product
        let value: Rupees
        let margin: Rupees
    }

    private static let margin: Work = { call, world throws(DhanError) in
        guard let fields = call.fields else { throw .badInput }
        let leg = try leg(fields, call, world)
        let available = world.exchange.accounts[call.account].available ?? plenty
        let leverage = Rupees(tenThousandths: 100_000_000 / leg.product.marginBasisPoints)
        return FaceReply { writer in
            writer.beginObject()
            writer.field("totalMargin", leg.margin)
            writer.field("spanMargin", Rupees.zero)
            writer.field("exposureMargin", Rupees.zero)
            writer.field("availableBalance", available)
            writer.field("variableMargin", leg.margin)
            writer.field("insufficientBalance", max(leg.margin - available, .zero))
            writer.field("brokerage", Rupees.zero)
            writer.field("leverage", leverage.text(decimals: 2))
            writer.endObject()
        }
    }

    /// The two samples of the documents name their members differently: both are taken.
    private static let margins: Work = { call, world throws(DhanError) in
        let tree = try? JSONValue(parsing: call.request.body)
        guard let scrips = tree?["scripList"]?.array ?? tree?["scripts"]?.array, !scrips.isEmpty
        else { throw .badInput }
        var total = Rupees.zero
        var equity = Rupees.zero
        for scrip in scrips {
            guard let fields = FlatObject(scrip.serialized()) else { throw .badInput }
            let leg = try leg(fields, call, world)
            total += leg.margin
            if world.exchange.instrument(leg.instrument).key.segment.isEquity {
                equity += leg.margin
            }
        }
        let amounts: [(String, Rupees)] = [
            ("total_margin", total), ("span_margin", .zero), ("exposure_margin", .zero),
            ("equity_margin", equity), ("fo_margin", total - equity), ("commodity_margin", .zero),
        ]
        return FaceReply { writer in
            writer.beginObject()
            for (name, amount) in amounts { writer.field(name, amount.text(decimals: 2)) }
            writer.field("currency", "INR")
            writer.field("hedge_benefit", "0.00")
            writer.endObject()
        }
    }

    private static func leg(
        _ fields: FlatObject,
        _ call: FaceCall,
        _ world: World
    ) throws(DhanError) -> Leg {
        let instrument = try DhanFace.instrument(fields, world)
        guard let product = DhanWords.product(fields.text("productType")),
            let side = DhanWords.side(fields.text("transactionType")),
            let quantity = fields.whole("quantity") ?? nil, (1...100_000_000).contains(quantity),
            let price = fields.amount("price") ?? nil, price > .zero, price <= .greatest
        else { throw .badInput }
        let margin = world.exchange.moneyNeeded(
            account: call.account,
            instrument: instrument,
            side: side,
            product: product,
            quantity: quantity,
            price: price
        )
        return Leg(
            instrument: instrument,
            product: product,
            value: price * quantity,
            margin: margin
        )
    }
}
