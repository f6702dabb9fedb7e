import Exchange
import HTTPServer
import JSON

/// Super orders: an entry, a target, and a stop that may trail (dhan.md §4).
extension DhanFace {
    var superOrderRoutes: [HTTPRoute] {
        [
            route("POST", "/super/orders", .order, isPlacing: true, Self.placeSuper),
            route("PUT", "/super/orders/{id}", .order, Self.modifySuper),
            route("DELETE", "/super/orders/{id}/{leg}", .order, isCancelling: true) {
                call,
                world throws(DhanError) in
                let order = try Self.superOrder(call, &world)
                guard let role = Self.role(call.request.pathParameters["leg"]) else {
                    throw .badInput
                }
                // The entry's cancel takes the exits with it, unless it has filled.
                if role == .entry, Self.entry(of: order, world)?.filled ?? 0 > 0 {
                    throw .order("Order is already TRADED")
                }
                guard
                    world.exchange.cancelConditional(
                        order.number,
                        role == .entry ? nil : role,
                        at: call.now
                    )
                else { throw .order("Order is already CANCELLED") }
                return Self.receipt(Self.superID(order, call), "CANCELLED", status: 202)
            },
            route("GET", "/super/orders") { call, world in
                let orders = call.conditionals(&world, [.bracket])
                return FaceReply { writer in
                    writer.beginArray()
                    for order in orders { Self.write(order, call, world, &writer) }
                    writer.endArray()
                }
            },
        ]
    }

    private static let placeSuper: Work = { call, world throws(DhanError) in
        guard let fields = call.fields else { throw .badInput }
        let terms = try DhanConditionalTerms(call, world)
        guard let kind = DhanWords.kind(fields.text("orderType")), !kind.isStop,
            let price = fields.amount("price"), kind.isMarket || (price ?? .zero) > .zero,
            let target = fields.amount("targetPrice") ?? nil, target > .zero,
            let stop = fields.amount("stopLossPrice") ?? nil, stop > .zero,
            let trail = fields.amount("trailingJump"), (trail ?? .zero) >= .zero
        else { throw .badInput }
        guard world.exchange.isOpen(at: call.now) else {
            throw .order("Market is Closed! Want to place an offline order?")
        }
        let buys = terms.side == .buy
        guard buys ? target > stop : target < stop else {
            throw .input("Target and stop loss price are on the wrong side")
        }
        let exit = terms.side.opposite
        var request = ConditionalRequest(
            account: call.account,
            instrument: terms.instrument,
            product: terms.product,
            shape: .bracket,
            reference: terms.reference,
            legs: [
                ConditionalLeg(
                    role: .entry,
                    side: terms.side,
                    rises: nil,
                    trigger: .zero,
                    kind: kind,
                    price: price ?? .zero,
                    quantity: terms.quantity
                ),
                ConditionalLeg(
                    role: .target,
                    side: exit,
                    rises: buys,
                    trigger: target,
                    kind: .limit,
                    price: target,
                    quantity: terms.quantity
                ),
                ConditionalLeg(
                    role: .stop,
                    side: exit,
                    rises: !buys,
                    trigger: stop,
                    kind: .market,
                    price: .zero,
                    quantity: terms.quantity,
                    trail: trail ?? .zero
                ),
            ]
        )
        call.mark(&request)
        let number = world.exchange.book(request, at: call.now)
        guard let order = world.exchange.conditional(number, of: call.account) else {
            throw .internalError
        }
        return receipt(superID(order, call), "PENDING")
    }

    /// The entry's call carries all; the exits' carry their own prices, and the stop its trail.
    private static let modifySuper: Work = { call, world throws(DhanError) in
        let order = try superOrder(call, &world)
        guard let fields = call.fields, let role = role(fields.text("legName")),
            let price = fields.amount("price"), let quantity = fields.whole("quantity"),
            let target = fields.amount("targetPrice"), let stop = fields.amount("stopLossPrice"),
            let trail = fields.amount("trailingJump")
        else { throw .badInput }
        if role == .entry {
            guard let entry = entry(of: order, world), entry.state.isOpen else {
                throw .order("Entry leg cannot be modified any more")
            }
            let change = OrderChange(
                kind: entry.kind,
                validity: entry.validity,
                quantity: quantity ?? entry.quantity,
                disclosed: 0,
                price: entry.kind.isMarket ? .zero : price ?? entry.price,
                trigger: .zero
            )
            do throws(ChangeRefusal) {
                try world.exchange.modify(entry.number, change, at: call.now)
            } catch {
                throw .order("Entry leg cannot be modified")
            }
        }
        let changed = world.exchange.changeConditional(order.number, at: call.now) { legs in
            for index in legs.indices {
                if let quantity { legs[index].quantity = quantity }
                switch legs[index].role {
                case .entry: if let price { legs[index].price = price }
                case .target:
                    guard role != .stop, let target else { continue }
                    legs[index].trigger = target
                    legs[index].price = target
                case .stop:
                    guard role != .target else { continue }
                    if let stop { legs[index].trigger = stop }
                    // Left out, the trail ends.
                    legs[index].trail = trail ?? .zero
                }
            }
        }
        guard changed else { throw .order("Super order has ended") }
        return receipt(superID(order, call), "TRANSIT")
    }

    private static func role(_ word: String?) -> LegRole? {
        switch word {
        case "ENTRY_LEG": .entry
        case "TARGET_LEG": .target
        case "STOP_LOSS_LEG": .stop
        default: nil
        }
    }

    static func entry(of order: ConditionalOrder, _ world: World) -> Order? {
        order[.entry]?.order.flatMap { world.exchange.order($0) }
    }

    /// A super order is named by its entry's id.
    private static func superID(_ order: ConditionalOrder, _ call: FaceCall) -> String {
        String((order[.entry]?.order ?? 0) + call.orderIDBase)
    }

    private static func superOrder(_ call: FaceCall, _ world: inout World) throws(DhanError)
        -> ConditionalOrder
    {
        let id = call.request.pathParameters["id"]
        guard
            let found = call.conditionals(&world, [.bracket])
                .first(where: { superID($0, call) == id })
        else { throw .noData }
        return found
    }

    private static func write(
        _ order: ConditionalOrder,
        _ call: FaceCall,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        guard let entry = entry(of: order, world) else { return }
        let instrument = world.exchange.instrument(order.instrument)
        let id = superID(order, call)
        writer.beginObject()
        writer.field("dhanClientId", world.clients[order.account].client)
        writer.field("orderId", id)
        writer.fieldOrNull("correlationId", order.reference)
        writer.field("orderStatus", superWord(order, entry))
        writer.field("transactionType", DhanWords.word(entry.side))
        writer.field("exchangeSegment", DhanWords.word(instrument.key.segment))
        writer.field("productType", DhanWords.word(order.product))
        writer.field("orderType", DhanWords.word(entry.kind))
        writer.field("validity", "DAY")
        writer.field("tradingSymbol", instrument.symbol)
        writer.field("securityId", String(instrument.key.token))
        writer.field("quantity", entry.quantity)
        writer.field("remainingQuantity", entry.remaining)
        writer.field("price", entry.price)
        writer.field("afterMarketOrder", false)
        writer.field("legName", "ENTRY_LEG")
        writer.field("exchangeOrderId", "1" + id)
        writer.field("createTime", order.bookedAt.indianText)
        writer.field("updateTime", order.updatedAt.indianText)
        writer.field("exchangeTime", order.updatedAt.indianText)
        writer.fieldOrNull("omsErrorDescription", entry.rejection?.text)
        writer.field("averageTradedPrice", entry.averagePrice)
        writer.field("filledQty", entry.filled)
        writer.key("legDetails")
        writer.beginArray()
        for leg in order.legs where leg.role != .entry { write(leg, id, world, &writer) }
        writer.endArray()
        writer.endObject()
    }

    private static func superWord(_ order: ConditionalOrder, _ entry: Order) -> String {
        order.state == .triggered ? "CLOSED" : DhanWords.word(entry.state)
    }

    private static func write(
        _ leg: ConditionalLeg,
        _ id: String,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        let order = leg.order.flatMap { world.exchange.order($0) }
        writer.beginObject()
        writer.field("orderId", id)
        writer.field("legName", leg.role == .target ? "TARGET_LEG" : "STOP_LOSS_LEG")
        writer.field("transactionType", DhanWords.word(leg.side))
        writer.field("totalQuatity", leg.quantity)
        writer.field("remainingQuantity", order?.remaining ?? leg.quantity)
        writer.field("triggeredQuantity", order?.filled ?? 0)
        writer.field("price", leg.trigger)
        writer.field("orderStatus", legWord(leg, order))
        writer.field("trailingJump", leg.trail)
        writer.endObject()
    }

    private static func legWord(_ leg: ConditionalLeg, _ order: Order?) -> String {
        switch leg.state {
        case .dormant, .armed: "PENDING"
        case .sent: order?.state == .traded ? "TRADED" : "TRIGGERED"
        case .cancelled: "CANCELLED"
        case .expired: "EXPIRED"
        }
    }

    static func receipt(_ id: String, _ word: String, status: Int = 200) -> FaceReply {
        FaceReply(status: status) { writer in
            writer.beginObject()
            writer.field("orderId", id)
            writer.field("orderStatus", word)
            writer.endObject()
        }
    }
}
