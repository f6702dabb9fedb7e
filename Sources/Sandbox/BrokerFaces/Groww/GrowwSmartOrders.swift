import Exchange
import HTTPServer
import JSON

/// Smart orders, GTT and OCO (groww.md §4).
extension GrowwFace {
    var smartOrderRoutes: [HTTPRoute] {
        [
            route("POST", "/order-advance/create", .order, isPlacing: true, Self.createSmart),
            route("PUT", "/order-advance/modify/{id}", .order, Self.modifySmart),
            route(
                "POST",
                "/order-advance/cancel/{segment}/{type}/{id}",
                .order,
                isCancelling: true
            ) { call, world throws(GrowwError) in
                let order = try Self.smartOrder(call, &world)
                guard world.exchange.cancelConditional(order.number, at: call.now),
                    let now = world.exchange.conditional(order.number, of: call.account)
                else { throw .cannotProcess("The smart order is not active") }
                return Self.smartReply(now, call, world, status: 202)
            },
            route("GET", "/order-advance/status/{segment}/{type}/internal/{id}") {
                call,
                world throws(GrowwError) in
                Self.smartReply(try Self.smartOrder(call, &world), call, world)
            },
            route("GET", "/order-advance/list", .other, Self.listSmart),
        ]
    }

    private static let createSmart: Work = { call, world throws(GrowwError) in
        guard let body = try? JSONValue(parsing: call.request.body),
            let reference = body.word("reference_id"),
            (8...20).contains(reference.utf8.count)
        else { throw .badRequest("Invalid reference_id") }
        let known = world.exchange.conditionals(of: call.account)
        guard !known.contains(where: { $0.reference == reference }) else {
            throw .duplicateReference
        }
        let instrument = try instrument(
            body.word("trading_symbol"),
            body.word("exchange"),
            body.word("segment"),
            world
        )
        guard let product = GrowwWords.product(body.word("product_type")) else {
            throw .badRequest("Invalid product_type")
        }
        let legs = try GrowwSmartWish.legs(body)
        if legs.count == 2 {
            guard product == .intraday || body.word("segment") == "FNO" else {
                throw .cannotProcess("OCO is for MIS only")
            }
            guard let net = body.shares("net_position_quantity"), net >= legs[0].quantity else {
                throw .badRequest("quantity is more than net_position_quantity")
            }
        }
        var request = ConditionalRequest(
            account: call.account,
            instrument: instrument,
            product: product,
            shape: legs.count == 1 ? .single : .pair,
            reference: reference,
            legs: legs
        )
        call.mark(&request)
        let number = world.exchange.book(request, at: call.now)
        guard let order = world.exchange.conditional(number, of: call.account) else {
            throw .internalError
        }
        return smartReply(order, call, world, status: 201)
    }

    private static let modifySmart: Work = { call, world throws(GrowwError) in
        guard let body = try? JSONValue(parsing: call.request.body) else {
            throw .badRequest("The body is no JSON object")
        }
        let order = try smartOrder(call, &world)
        let legs = try GrowwSmartWish.legs(body, side: order.legs[0].side)
        guard legs.count == order.legs.count,
            world.exchange.changeConditional(order.number, at: call.now, { $0 = legs }),
            let now = world.exchange.conditional(order.number, of: call.account)
        else { throw .cannotProcess("The smart order is not active") }
        return smartReply(now, call, world, status: 202)
    }

    private static let listSmart: Work = { call, world throws(GrowwError) in
        let type = call.request.query("smart_order_type") ?? "OCO"
        let state = call.request.query("status") ?? "ACTIVE"
        let orders = call.conditionals(&world, [type == "GTT" ? .single : .pair])
            .filter { word($0.state) == state }
            .filter { order in
                let time = order.bookedAt.growwText
                return time >= call.request.query("start_date_time") ?? ""
                    && time <= call.request.query("end_date_time") ?? "9"
            }
        guard let size = Int(call.request.query("page_size") ?? "10"), (1...50).contains(size),
            let page = Int(call.request.query("page") ?? "0"), (0...500).contains(page)
        else { throw .badRequest("Invalid page or page_size") }
        return .groww { writer in
            writer.objects("orders", orders.dropFirst(page * size).prefix(size)) {
                smartMembers($0, call, world, &$1)
            }
        }
    }

    private static func smartID(_ order: ConditionalOrder, _ call: FaceCall) -> String {
        let number = String(order.number + call.orderIDBase, radix: 36)
        return (order.shape == .single ? "gtt_" : "oco_") + number
    }

    private static func smartOrder(_ call: FaceCall, _ world: inout World) throws(GrowwError)
        -> ConditionalOrder
    {
        let id = call.request.pathParameters["id"]
        guard
            let found = call.conditionals(&world, [.single, .pair])
                .first(where: { smartID($0, call) == id })
        else { throw .notFound }
        return found
    }

    private static func smartReply(
        _ order: ConditionalOrder,
        _ call: FaceCall,
        _ world: World,
        status: Int = 200
    ) -> FaceReply {
        var reply = FaceReply.groww { smartMembers(order, call, world, &$0) }
        reply.status = status
        return reply
    }

    private static func smartMembers(
        _ order: ConditionalOrder,
        _ call: FaceCall,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        let instrument = world.exchange.instrument(order.instrument)
        let place = GrowwWords.place(instrument.key.segment)
        let first = order.legs[0]
        let isActive = order.state == .active
        writer.field("smart_order_id", smartID(order, call))
        writer.field("smart_order_type", order.shape == .single ? "GTT" : "OCO")
        writer.fieldOrNull("reference_id", order.reference)
        writer.field("status", word(order.state))
        writer.field("trading_symbol", GrowwWords.symbol(instrument))
        writer.fieldOrNull("exchange", place?.exchange)
        writer.fieldOrNull("segment", place?.segment)
        writer.field("quantity", first.quantity)
        writer.field("product_type", GrowwWords.word(order.product))
        writer.field("duration", "DAY")
        if order.shape == .single {
            writer.field("trigger_price", first.trigger.text(decimals: 2))
            writer.field("trigger_direction", first.rises == true ? "UP" : "DOWN")
            writer.key("order")
            writer.beginObject()
            writer.field("order_type", GrowwWords.word(first.kind))
            writer.fieldOrNull("price", first.kind.isMarket ? nil : first.price.text(decimals: 2))
            writer.field("transaction_type", GrowwWords.word(first.side))
            writer.endObject()
        } else {
            writer.field("transaction_type", GrowwWords.word(first.side))
            for leg in order.legs {
                writer.key(leg.role == .target ? "target" : "stop_loss")
                writer.beginObject()
                writer.field("trigger_price", leg.trigger.text(decimals: 2))
                writer.fieldOrNull("price", leg.kind.isMarket ? nil : leg.price.text(decimals: 2))
                writer.endObject()
            }
        }
        writer.fieldOrNull("remark", nil as String?)
        writer.field("is_cancellation_allowed", isActive)
        writer.field("is_modification_allowed", isActive)
        writer.field("created_at", order.bookedAt.growwText)
        writer.fieldOrNull(
            "expire_at",
            order.shape == .single ? order.expiresAt.growwText : nil
        )
        writer.fieldOrNull(
            "triggered_at",
            order.state == .triggered ? order.updatedAt.growwText : nil
        )
        writer.field("updated_at", order.updatedAt.growwText)
    }

    private static func word(_ state: ConditionalOrder.State) -> String {
        switch state {
        case .active: "ACTIVE"
        case .triggered: "TRIGGERED"
        case .cancelled: "CANCELLED"
        case .expired: "EXPIRED"
        }
    }
}

/// What a smart order's body asks for.
private enum GrowwSmartWish {
    /// One leg of a GTT; target and stop of an OCO.
    ///
    /// `side` where the body need not say it.
    static func legs(_ body: JSONValue, side known: Side? = nil) throws(GrowwError)
        -> [ConditionalLeg]
    {
        guard let quantity = body.shares("quantity") else { throw .badRequest("Invalid quantity") }
        switch body.word("smart_order_type") {
        case "GTT":
            guard let order = body["order"], let direction = body.word("trigger_direction"),
                direction == "UP" || direction == "DOWN",
                let side = GrowwWords.side(order.word("transaction_type")) ?? known
            else { throw .badRequest("Invalid order or trigger_direction") }
            let leg = try leg(.entry, side, direction == "UP", body, order, quantity)
            return [leg]
        case "OCO":
            guard let side = GrowwWords.side(body.word("transaction_type")) ?? known,
                let target = body["target"], let stop = body["stop_loss"]
            else { throw .badRequest("Invalid target or stop_loss") }
            return [
                try leg(.target, side, side == .sell, target, target, quantity),
                try leg(.stop, side, side != .sell, stop, stop, quantity),
            ]
        default: throw .badRequest("Invalid smart_order_type")
        }
    }

    private static func leg(
        _ role: LegRole,
        _ side: Side,
        _ rises: Bool,
        _ holder: JSONValue,
        _ order: JSONValue,
        _ quantity: Int64
    ) throws(GrowwError) -> ConditionalLeg {
        guard let trigger = holder.positive("trigger_price") else {
            throw .badRequest("Invalid trigger_price")
        }
        // A change need not repeat what kind of order is sent.
        let price = order.positive("price")
        let isMarket =
            switch order.word("order_type") {
            case "MARKET", "SL_M": true
            case "LIMIT", "SL": false
            default: price == nil
            }
        guard isMarket || price != nil else { throw .badRequest("Invalid price") }
        return ConditionalLeg(
            role: role,
            side: side,
            rises: rises,
            trigger: trigger,
            kind: isMarket ? .market : .limit,
            price: price ?? .zero,
            quantity: quantity
        )
    }
}
