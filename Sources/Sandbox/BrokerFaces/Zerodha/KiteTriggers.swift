import Exchange
import HTTPServer
import JSON

/// GTT, single and two-leg (kite.md §4).
extension KiteFace {
    var triggerRoutes: [HTTPRoute] {
        [
            route("POST", "/gtt/triggers", .order, isPlacing: true) {
                call,
                world throws(KiteError) in
                let wish = try KiteTriggerWish(call, world)
                var request = ConditionalRequest(
                    account: call.account,
                    instrument: wish.instrument,
                    product: wish.product,
                    shape: wish.legs.count == 1 ? .single : .pair,
                    legs: wish.legs
                )
                call.mark(&request)
                let number = world.exchange.book(request, at: call.now)
                return Self.triggerReceipt(number, call)
            },
            route("PUT", "/gtt/triggers/{id}", .order) { call, world throws(KiteError) in
                let order = try Self.trigger(call, &world)
                let wish = try KiteTriggerWish(call, world)
                guard wish.instrument == order.instrument, wish.legs.count == order.legs.count
                else { throw .input("A trigger keeps its instrument and type.") }
                guard
                    world.exchange.changeConditional(
                        order.number,
                        at: call.now,
                        { $0 = wish.legs }
                    )
                else { throw .input("Trigger is not active.") }
                return Self.triggerReceipt(order.number, call)
            },
            route("DELETE", "/gtt/triggers/{id}", .order, isCancelling: true) {
                call,
                world throws(KiteError) in
                let order = try Self.trigger(call, &world)
                guard world.exchange.cancelConditional(order.number, at: call.now) else {
                    throw .input("Trigger is not active.")
                }
                return Self.triggerReceipt(order.number, call)
            },
            route("GET", "/gtt/triggers") { call, world in
                let orders = call.conditionals(&world, [.single, .pair])
                return .success { writer in
                    writer.beginArray()
                    for order in orders { Self.write(order, call, world, &writer) }
                    writer.endArray()
                }
            },
            route("GET", "/gtt/triggers/{id}") { call, world throws(KiteError) in
                let order = try Self.trigger(call, &world)
                return .success { Self.write(order, call, world, &$0) }
            },
        ]
    }

    private static func triggerID(_ number: Int, _ call: FaceCall) -> Int {
        number + call.orderIDBase
    }

    private static func triggerReceipt(_ number: Int, _ call: FaceCall) -> FaceReply {
        .success { writer in
            writer.beginObject()
            writer.field("trigger_id", triggerID(number, call))
            writer.endObject()
        }
    }

    private static func trigger(_ call: FaceCall, _ world: inout World) throws(KiteError)
        -> ConditionalOrder
    {
        let id = call.request.pathParameters["id"]
        guard
            let found = call.conditionals(&world, [.single, .pair])
                .first(where: { String(triggerID($0.number, call)) == id })
        else {
            throw KiteError(status: 404, type: "GeneralException", message: "Trigger not found.")
        }
        return found
    }

    private static func write(
        _ order: ConditionalOrder,
        _ call: FaceCall,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        let instrument = world.exchange.instrument(order.instrument)
        writer.beginObject()
        writer.field("id", triggerID(order.number, call))
        writer.field("user_id", world.clients[order.account].client)
        writer.fieldOrNull("parent_trigger", nil as String?)
        writer.field("type", order.shape == .pair ? "two-leg" : "single")
        writer.field("created_at", order.bookedAt.indianText)
        writer.field("updated_at", order.updatedAt.indianText)
        writer.field("expires_at", order.expiresAt.indianText)
        writer.field("status", word(order.state))
        writer.key("condition")
        writer.beginObject()
        writer.field("exchange", KiteWords.word(instrument.key.segment))
        writer.field("last_price", instrument.previousClose)
        writer.field("tradingsymbol", KiteWords.symbol(instrument))
        writer.key("trigger_values")
        writer.beginArray()
        for leg in order.legs { writer.rawNumber(leg.trigger.text()) }
        writer.endArray()
        writer.field("instrument_token", KiteWords.token(instrument.key))
        writer.endObject()
        writer.key("orders")
        writer.beginArray()
        for leg in order.legs { write(leg, order, instrument, call, world, &writer) }
        writer.endArray()
        writer.fieldOrNull("meta", nil as String?)
        writer.endObject()
    }

    private static func write(
        _ leg: ConditionalLeg,
        _ order: ConditionalOrder,
        _ instrument: Instrument,
        _ call: FaceCall,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        func members(_ writer: inout JSONWriter) {
            writer.field("exchange", KiteWords.word(instrument.key.segment))
            writer.field("tradingsymbol", KiteWords.symbol(instrument))
            writer.field("product", KiteWords.word(order.product))
            writer.field("order_type", "LIMIT")
            writer.field("transaction_type", KiteWords.word(leg.side))
            writer.field("quantity", leg.quantity)
            writer.field("price", leg.price)
        }
        writer.beginObject()
        members(&writer)
        writer.key("result")
        if let sent = leg.order.flatMap({ world.exchange.order($0) }) {
            writer.beginObject()
            members(&writer)
            writer.key("order_result")
            writer.beginObject()
            let isRejected = sent.state == .rejected
            writer.field("status", isRejected ? "failed" : "success")
            writer.field("order_id", isRejected ? "" : orderID(sent.number + call.orderIDBase))
            writer.field("rejection_reason", sent.rejection?.text ?? "")
            writer.endObject()
            writer.endObject()
        } else {
            writer.null()
        }
        writer.endObject()
    }

    private static func word(_ state: ConditionalOrder.State) -> String {
        switch state {
        case .active: "active"
        case .triggered: "triggered"
        case .cancelled: "deleted"
        case .expired: "expired"
        }
    }
}

/// What a trigger's form asks for: JSON inside its fields.
private struct KiteTriggerWish {
    let instrument: Int
    let product: Product
    let legs: [ConditionalLeg]

    init(_ call: FaceCall, _ world: World) throws(KiteError) {
        let form = try KiteFace.form(call)
        guard let type = form.text("type"), type == "single" || type == "two-leg" else {
            throw .input("Invalid `type`.")
        }
        let count = type == "single" ? 1 : 2
        guard let condition = Self.json(form.text("condition")),
            let exchange = condition.word("exchange"),
            let symbol = condition.word("tradingsymbol"),
            let values = condition["trigger_values"]?.array, values.count == count,
            let last = condition.positive("last_price")
        else { throw .input("Invalid `condition`.") }
        guard let instrument = world.instrument(exchange: exchange, symbol: symbol) else {
            throw .input("The instrument does not exist.")
        }
        guard let orders = Self.json(form.text("orders"))?.array, orders.count == count else {
            throw .input("Invalid `orders`.")
        }
        var legs: [ConditionalLeg] = []
        for (value, order) in zip(values, orders) {
            guard let trigger = value.number.flatMap({ Rupees(decimal: $0.text) }), trigger > .zero,
                trigger != last
            else { throw .input("Trigger price was already reached.") }
            guard let side = KiteWords.side(order.word("transaction_type")),
                order.word("order_type") == "LIMIT", let quantity = order.shares("quantity"),
                let price = order.positive("price"),
                order.word("tradingsymbol") == symbol, order.word("exchange") == exchange
            else { throw .input("Invalid `orders`.") }
            legs.append(
                ConditionalLeg(
                    role: count == 1
                        ? .entry
                        : (trigger > last) == (side == .sell)
                            ? .target : .stop,
                    side: side,
                    // From where the price is said to be now.
                    rises: trigger > last,
                    trigger: trigger,
                    kind: .limit,
                    price: price,
                    quantity: quantity
                )
            )
        }
        guard count == 1 || legs[0].rises != legs[1].rises else {
            throw .input("One trigger must be below the last price, and one above it.")
        }
        guard let product = KiteWords.product(orders[0].word("product")), product != .intraday
        else {
            throw .input("Invalid `product`.")
        }
        self.instrument = instrument
        self.product = product
        self.legs = legs
    }

    private static func json(_ text: String?) -> JSONValue? {
        text.flatMap { try? JSONValue(parsing: Array($0.utf8)) }
    }
}
