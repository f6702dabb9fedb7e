import Exchange
import HTTPServer
import JSON

/// Conditional triggers on prices (dhan.md §4); those on indicators are not simulated.
extension DhanFace {
    var conditionalTriggerRoutes: [HTTPRoute] {
        [
            route("POST", "/alerts/orders", .order, isPlacing: true) {
                call,
                world throws(DhanError) in
                let wish = try DhanTriggerWish(call, world)
                var request = ConditionalRequest(
                    account: call.account,
                    instrument: wish.instrument,
                    product: wish.product,
                    shape: .single,
                    legs: [wish.leg]
                )
                call.mark(&request)
                let number = world.exchange.book(request, at: call.now)
                return Self.alertReceipt(number + call.orderIDBase, "ACTIVE")
            },
            route("PUT", "/alerts/orders/{id}", .order) { call, world throws(DhanError) in
                let order = try Self.alert(call, &world)
                let wish = try DhanTriggerWish(call, world)
                guard wish.instrument == order.instrument,
                    world.exchange.changeConditional(
                        order.number,
                        at: call.now,
                        { $0 = [wish.leg] }
                    )
                else { throw .order("Conditional trigger cannot be modified") }
                return Self.alertReceipt(order.number + call.orderIDBase, "ACTIVE")
            },
            route("DELETE", "/alerts/orders/{id}", .order, isCancelling: true) {
                call,
                world throws(DhanError) in
                let order = try Self.alert(call, &world)
                guard world.exchange.cancelConditional(order.number, at: call.now) else {
                    throw .order("Conditional trigger has ended")
                }
                return Self.alertReceipt(order.number + call.orderIDBase, "CANCELLED")
            },
            route("GET", "/alerts/orders") { call, world in
                let orders = call.conditionals(&world, [.single]).filter { !$0.isForever }
                return FaceReply { writer in
                    writer.beginArray()
                    for order in orders { Self.writeAlert(order, call, world, &writer) }
                    writer.endArray()
                }
            },
            route("GET", "/alerts/orders/{id}") { call, world throws(DhanError) in
                let order = try Self.alert(call, &world)
                return FaceReply { Self.writeAlert(order, call, world, &$0) }
            },
        ]
    }

    private static func alertReceipt(_ id: Int, _ word: String) -> FaceReply {
        FaceReply { writer in
            writer.beginObject()
            writer.field("alertId", String(id))
            writer.field("alertStatus", word)
            writer.endObject()
        }
    }

    private static func alert(_ call: FaceCall, _ world: inout World) throws(DhanError)
        -> ConditionalOrder
    {
        let id = call.request.pathParameters["id"]
        guard
            let found = call.conditionals(&world, [.single]).first(where: {
                !$0.isForever && String($0.number + call.orderIDBase) == id
            })
        else { throw .noData }
        return found
    }

    /// `2026-11-28T04:30:00Z`: universal time, here alone.
    private static func universal(_ moment: Moment) -> String {
        let moment = Moment(microseconds: moment.microseconds - 19_800_000_000)
        return moment.indianDate + "T" + moment.indianTime + "Z"
    }

    private static func writeAlert(
        _ order: ConditionalOrder,
        _ call: FaceCall,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        let instrument = world.exchange.instrument(order.instrument)
        let leg = order.legs[0]
        let word =
            switch order.state {
            case .active: "ACTIVE"
            case .triggered: "TRIGGERED"
            case .cancelled: "CANCELLED"
            case .expired: "EXPIRED"
            }
        writer.beginObject()
        writer.field("alertId", String(order.number + call.orderIDBase))
        writer.field("alertStatus", word)
        writer.field("createdTime", universal(order.bookedAt))
        writer.fieldOrNull(
            "triggeredTime",
            order.state == .triggered ? universal(order.updatedAt) : nil
        )
        writer.key("condition")
        writer.beginObject()
        writer.field("comparisonType", "PRICE_WITH_VALUE")
        writer.field("exchangeSegment", DhanWords.word(instrument.key.segment))
        writer.field("securityId", String(instrument.key.token))
        writer.field("operator", leg.rises == true ? "CROSSING_UP" : "CROSSING_DOWN")
        writer.field("comparingValue", leg.trigger)
        writer.field("frequency", "ONCE")
        writer.endObject()
        writer.key("orders")
        writer.beginArray()
        writer.beginObject()
        writer.field("transactionType", DhanWords.word(leg.side))
        writer.field("exchangeSegment", DhanWords.word(instrument.key.segment))
        writer.field("productType", DhanWords.word(order.product))
        writer.field("orderType", DhanWords.word(leg.kind))
        writer.field("securityId", String(instrument.key.token))
        writer.field("quantity", leg.quantity)
        writer.field("validity", "DAY")
        writer.field("price", leg.price.text(decimals: 2))
        writer.field("discQuantity", "0")
        writer.field("triggerPrice", "0")
        writer.endObject()
        writer.endArray()
        writer.endObject()
    }
}

/// What a conditional trigger's body asks for.
private struct DhanTriggerWish {
    let instrument: Int
    let product: Product
    let leg: ConditionalLeg

    init(_ call: FaceCall, _ world: World) throws(DhanError) {
        guard let body = try? JSONValue(parsing: call.request.body),
            body["dhanClientId"]?.string == world.clients[call.account].client,
            let condition = body["condition"], let order = body["orders"]?.array?.first,
            condition["comparisonType"]?.string == "PRICE_WITH_VALUE",
            let segment = condition["exchangeSegment"]?.string.flatMap({ DhanWords.segment($0) }),
            segment.isEquity,
            let token = Self.text(condition["securityId"]).flatMap({ Int($0) }),
            let trigger = Self.text(condition["comparingValue"])
                .flatMap({ Rupees(decimal: $0) }), trigger > .zero,
            let side = DhanWords.side(order["transactionType"]?.string),
            let product = DhanWords.product(order["productType"]?.string),
            let kind = DhanWords.kind(order["orderType"]?.string), !kind.isStop,
            let quantity = Self.text(order["quantity"]).flatMap({ Int64($0) }),
            (1...100_000_000).contains(quantity),
            let price = Rupees(decimal: Self.text(order["price"]) ?? "0"),
            kind.isMarket || price > .zero
        else { throw .badInput }
        guard let found = world.exchange.find(InstrumentKey(segment: segment, token: token)) else {
            throw .input("Invalid SecurityId")
        }
        let rises: Bool
        switch condition["operator"]?.string {
        case "CROSSING_UP", "GREATER_THAN", "GREATER_THAN_EQUAL": rises = true
        case "CROSSING_DOWN", "LESS_THAN", "LESS_THAN_EQUAL": rises = false
        default: throw .badInput
        }
        instrument = found
        self.product = product
        leg = ConditionalLeg(
            role: .entry,
            side: side,
            rises: rises,
            trigger: trigger,
            kind: kind,
            price: price,
            quantity: quantity
        )
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text
        case .number(let number): number.text
        default: nil
        }
    }
}
