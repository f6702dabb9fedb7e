import Exchange
import HTTPServer
import JSON

/// GTT orders v3: single, and an entry with a target and a stop (upstox.md §4).
extension UpstoxFace {
    var triggerRoutes: [HTTPRoute] {
        [
            route("POST", "/v3/order/gtt/place", .order, isPlacing: true) {
                call,
                world throws(UpstoxError) in
                let wish = try UpstoxTriggerWish(call, world, nil)
                var request = ConditionalRequest(
                    account: call.account,
                    instrument: wish.instrument,
                    product: wish.product,
                    shape: wish.legs.count == 1 ? .single : .bracket,
                    legs: wish.legs
                )
                call.mark(&request)
                let number = world.exchange.book(request, at: call.now)
                return Self.triggerReceipt(number, call)
            },
            route("PUT", "/v3/order/gtt/modify", .order) { call, world throws(UpstoxError) in
                let order = try Self.trigger(Self.triggerID(call), call, &world)
                let wish = try UpstoxTriggerWish(call, world, order)
                let isChanged = world.exchange.changeConditional(order.number, at: call.now) {
                    legs in
                    for leg in wish.legs {
                        guard let place = legs.firstIndex(where: { $0.role == leg.role }) else {
                            continue
                        }
                        legs[place].trigger = leg.trigger
                        legs[place].price = leg.price
                        legs[place].quantity = leg.quantity
                        legs[place].trail = leg.trail
                        if leg.role == .entry { legs[place].rises = leg.rises }
                    }
                }
                guard isChanged else { throw UpstoxError(1140, "The GTT order has ended") }
                return Self.triggerReceipt(order.number, call)
            },
            route("DELETE", "/v3/order/gtt/cancel", .order, isCancelling: true) {
                call,
                world throws(UpstoxError) in
                let order = try Self.trigger(Self.triggerID(call), call, &world)
                guard world.exchange.cancelConditional(order.number, at: call.now) else {
                    throw UpstoxError(1140, "The GTT order has ended")
                }
                return Self.triggerReceipt(order.number, call)
            },
            route("GET", "/v3/order/gtt") { call, world throws(UpstoxError) in
                let orders: [ConditionalOrder]
                if let id = call.request.query("gtt_order_id") {
                    orders = [try Self.trigger(id, call, &world)]
                } else {
                    // Without an id the active ones alone.
                    orders = call.conditionals(&world, [.single, .bracket])
                        .filter { $0.state == .active }
                }
                return Self.success { writer in
                    writer.beginArray()
                    for order in orders {
                        writer.beginObject()
                        Self.members(of: order, call.orderIDBase, world, &writer)
                        writer.endObject()
                    }
                    writer.endArray()
                }
            },
        ]
    }

    private static func triggerID(_ call: FaceCall) -> String? { call.fields?.text("gtt_order_id") }

    private static func triggerID(_ number: Int, _ call: FaceCall) -> String {
        triggerID(number, call.orderIDBase)
    }

    private static func triggerID(_ number: Int, _ orderIDBase: Int) -> String {
        "GTT-\(number + orderIDBase)"
    }

    /// What the stream and the webhook say of a GTT order of which this order came; nil where it came of
    /// none (upstox.md §7).
    static func triggerMessage(
        about number: Int,
        _ orderIDBase: Int,
        _ world: World
    ) -> [UInt8]? {
        guard let made = world.exchange.order(number),
            let order = world.exchange.conditionals(of: made.account)
                .first(where: { $0.legs.contains { $0.order == number } })
        else { return nil }
        var writer = JSONWriter(capacity: 1_024)
        writer.beginObject()
        writer.field("update_type", "gtt_order")
        members(of: order, orderIDBase, world, &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func triggerReceipt(_ number: Int, _ call: FaceCall) -> FaceReply {
        success(latency: true) { writer in
            writer.beginObject()
            writer.key("gtt_order_ids")
            writer.beginArray()
            writer.string(triggerID(number, call))
            writer.endArray()
            writer.endObject()
        }
    }

    private static func trigger(
        _ id: String?,
        _ call: FaceCall,
        _ world: inout World
    ) throws(UpstoxError) -> ConditionalOrder {
        guard
            let found = call.conditionals(&world, [.single, .bracket])
                .first(where: { triggerID($0.number, call) == id })
        else { throw UpstoxError(1135, "The GTT order was not found") }
        return found
    }

    private static func members(
        of order: ConditionalOrder,
        _ orderIDBase: Int,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        let instrument = world.exchange.instrument(order.instrument)
        writer.field("type", order.shape == .single ? "SINGLE" : "MULTIPLE")
        writer.field("exchange", UpstoxWords.word(instrument.key.segment))
        writer.field("quantity", order.legs[0].quantity)
        writer.field("product", UpstoxWords.word(order.product))
        writer.key("rules")
        writer.beginArray()
        for leg in order.legs { write(leg, orderIDBase, world, &writer) }
        writer.endArray()
        writer.field("trading_symbol", instrument.symbol)
        writer.field("instrument_token", UpstoxWords.key(instrument))
        writer.field("gtt_order_id", triggerID(order.number, orderIDBase))
        writer.field("expires_at", order.expiresAt.microseconds)
        writer.field("created_at", order.bookedAt.microseconds)
    }

    private static func write(
        _ leg: ConditionalLeg,
        _ orderIDBase: Int,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        let order = leg.order.flatMap { world.exchange.order($0) }
        writer.beginObject()
        writer.field("strategy", strategy(leg.role))
        writer.field("status", word(leg, order))
        writer.field("trigger_type", leg.rises.map { $0 ? "ABOVE" : "BELOW" } ?? "IMMEDIATE")
        writer.field("trigger_price", leg.trigger)
        writer.field("transaction_type", UpstoxWords.word(leg.side))
        writer.fieldOrNull("message", order?.rejection?.text)
        writer.fieldOrNull("order_id", order.map { String($0.number + orderIDBase) })
        if leg.trail > .zero { writer.field("trailing_gap", leg.trail) }
        writer.endObject()
    }

    private static func strategy(_ role: LegRole) -> String {
        switch role {
        case .entry: "ENTRY"
        case .target: "TARGET"
        case .stop: "STOPLOSS"
        }
    }

    private static func word(_ leg: ConditionalLeg, _ order: Order?) -> String {
        switch leg.state {
        case .dormant: "INACTIVE"
        case .armed: "SCHEDULED"
        case .cancelled: "CANCELLED"
        case .expired: "EXPIRED"
        case .sent:
            switch order?.state {
            case .traded: "COMPLETED"
            case .rejected: "FAILED"
            case .cancelled: "CANCELLED"
            default: "OPEN"
            }
        }
    }
}

/// What a GTT order's body asks for.
private struct UpstoxTriggerWish {
    let instrument: Int
    let product: Product
    let legs: [ConditionalLeg]

    /// `old` is the order that is changed; its instrument, side and product stay.
    init(_ call: FaceCall, _ world: World, _ old: ConditionalOrder?) throws(UpstoxError) {
        guard let body = try? JSONValue(parsing: call.request.body),
            let type = body.word("type"), type == "SINGLE" || type == "MULTIPLE",
            let quantity = body.shares("quantity"), let rules = body["rules"]?.array
        else { throw .body }
        let side: Side
        if let old {
            instrument = old.instrument
            product = old.product
            side = old.legs[0].side
        } else {
            instrument = try world.upstoxInstrument(body.word("instrument_token") ?? "")
            let segment = world.exchange.instrument(instrument).key.segment
            guard let product = UpstoxWords.product(body.word("product"), in: segment),
                let named = UpstoxWords.side(body.word("transaction_type"))
            else { throw .input }
            self.product = product
            side = named
        }
        let isSingle = type == "SINGLE"
        guard isSingle ? rules.count == 1 : (2...3).contains(rules.count),
            Set(rules.compactMap { $0.word("strategy") }).count == rules.count,
            rules.contains(where: { $0.word("strategy") == "ENTRY" })
        else { throw UpstoxError(1128, "The rules of the GTT order are invalid") }
        legs = try rules.map { rule throws(UpstoxError) in
            try Self.leg(rule, side, quantity, isSingle: isSingle)
        }
    }

    private static func leg(
        _ rule: JSONValue,
        _ side: Side,
        _ quantity: Int64,
        isSingle: Bool
    ) throws(UpstoxError) -> ConditionalLeg {
        guard let trigger = rule.positive("trigger_price"), let type = rule.word("trigger_type")
        else { throw UpstoxError(1129, "The trigger of the GTT order is invalid") }
        let buys = side == .buy
        switch rule.word("strategy") {
        case "ENTRY":
            let rises: Bool?
            switch type {
            case "ABOVE": rises = true
            case "BELOW": rises = false
            case "IMMEDIATE": rises = nil
            default: throw UpstoxError(1130, "The trigger type is invalid")
            }
            return ConditionalLeg(
                role: .entry,
                side: side,
                rises: rises,
                trigger: trigger,
                kind: .limit,
                price: trigger,
                quantity: quantity
            )
        case "TARGET" where type == "IMMEDIATE":
            return ConditionalLeg(
                role: .target,
                side: side.opposite,
                rises: buys,
                trigger: trigger,
                kind: .limit,
                price: trigger,
                quantity: quantity
            )
        case "STOPLOSS" where type == "IMMEDIATE":
            return ConditionalLeg(
                role: .stop,
                side: side.opposite,
                rises: !buys,
                trigger: trigger,
                kind: .market,
                price: .zero,
                quantity: quantity,
                trail: rule.positive("trailing_gap") ?? .zero
            )
        default: throw UpstoxError(1131, "The strategy of the GTT order is invalid")
        }
    }
}
