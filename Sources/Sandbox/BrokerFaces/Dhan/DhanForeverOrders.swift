import Exchange
import HTTPServer
import JSON

/// Forever orders, single and one-cancels-the-other (dhan.md §4).
extension DhanFace {
    var foreverRoutes: [HTTPRoute] {
        [
            route("POST", "/forever/orders", .order, isPlacing: true, Self.placeForever),
            route("PUT", "/forever/orders/{id}", .order, Self.modifyForever),
            route("DELETE", "/forever/orders/{id}", .order, isCancelling: true) {
                call,
                world throws(DhanError) in
                let order = try Self.forever(call, &world)
                guard world.exchange.cancelConditional(order.number, at: call.now) else {
                    throw .order("Forever order has ended")
                }
                return Self.receipt(Self.foreverID(order, call), "CANCELLED", status: 202)
            },
            route("GET", "/forever/orders", .other, Self.listForever),
            // The page's sample has this path.
            route("GET", "/forever/all", .other, Self.listForever),
        ]
    }

    private static let placeForever: Work = { call, world throws(DhanError) in
        guard let fields = call.fields else { throw .badInput }
        let terms = try DhanConditionalTerms(call, world)
        guard terms.product == .delivery || terms.product == .funded else {
            throw .input("Forever orders are for CNC and MTF")
        }
        guard let kind = DhanWords.kind(fields.text("orderType")), !kind.isStop,
            DhanWords.validity(fields.text("validity")) != nil,
            let flag = fields.text("orderFlag"), flag == "SINGLE" || flag == "OCO"
        else { throw .badInput }
        let last = world.exchange.quote(terms.instrument, at: call.now).lastPrice
        func leg(
            _ role: LegRole,
            _ price: Rupees??,
            _ trigger: Rupees??,
            _ quantity: Int64
        ) throws(DhanError) -> ConditionalLeg {
            guard let price, let trigger = trigger ?? nil, trigger > .zero,
                kind.isMarket || (price ?? .zero) > .zero
            else { throw .badInput }
            return ConditionalLeg(
                role: role,
                side: terms.side,
                // No call says from which side: the price is now on the other.
                rises: trigger > last,
                trigger: trigger,
                kind: kind,
                price: price ?? .zero,
                quantity: quantity
            )
        }
        var legs = [
            try leg(
                flag == "OCO" ? .target : .entry,
                fields.amount("price"),
                fields.amount("triggerPrice"),
                terms.quantity
            )
        ]
        if flag == "OCO" {
            guard let quantity = fields.whole("quantity1") ?? nil, quantity > 0 else {
                throw .badInput
            }
            legs.append(
                try leg(.stop, fields.amount("price1"), fields.amount("triggerPrice1"), quantity)
            )
        }
        var request = ConditionalRequest(
            account: call.account,
            instrument: terms.instrument,
            product: terms.product,
            shape: flag == "OCO" ? .pair : .single,
            book: "forever",
            reference: terms.reference,
            legs: legs
        )
        call.mark(&request)
        let number = world.exchange.book(request, at: call.now)
        return receipt(foreverID(number, call), "PENDING")
    }

    private static let modifyForever: Work = { call, world throws(DhanError) in
        let order = try forever(call, &world)
        guard let fields = call.fields, let name = fields.text("legName"),
            ["TARGET_LEG", "STOP_LOSS_LEG", "ENTRY_LEG"].contains(name),
            let quantity = fields.whole("quantity"), let price = fields.amount("price"),
            let trigger = fields.amount("triggerPrice"), (trigger ?? Rupees(1)) > .zero,
            DhanWords.kind(fields.text("orderType")) != nil
        else { throw .badInput }
        let place = name == "STOP_LOSS_LEG" ? 1 : 0
        guard order.legs.indices.contains(place) else { throw .badInput }
        let last = world.exchange.quote(order.instrument, at: call.now).lastPrice
        let changed = world.exchange.changeConditional(order.number, at: call.now) { legs in
            if let quantity { legs[place].quantity = quantity }
            if let price { legs[place].price = price }
            if let trigger {
                legs[place].trigger = trigger
                legs[place].rises = trigger > last
            }
        }
        guard changed else { throw .order("Forever order has ended") }
        return receipt(foreverID(order, call), "PENDING")
    }

    /// A line for each leg.
    private static let listForever: Work = { call, world in
        let orders = call.conditionals(&world, [.single, .pair]).filter(\.isForever)
        return FaceReply { writer in
            writer.beginArray()
            for order in orders {
                for leg in order.legs { write(leg, of: order, call, world, &writer) }
            }
            writer.endArray()
        }
    }

    private static func forever(_ call: FaceCall, _ world: inout World) throws(DhanError)
        -> ConditionalOrder
    {
        let id = call.request.pathParameters["id"]
        guard
            let found = call.conditionals(&world, [.single, .pair])
                .first(where: { $0.isForever && foreverID($0, call) == id })
        else { throw .noData }
        return found
    }

    private static func foreverID(_ order: ConditionalOrder, _ call: FaceCall) -> String {
        foreverID(order.number, call)
    }

    private static func foreverID(_ number: Int, _ call: FaceCall) -> String {
        "5\(number + call.orderIDBase)"
    }

    /// `orderType` is the flag here, and there is no tag of the client's.
    private static func write(
        _ leg: ConditionalLeg,
        of order: ConditionalOrder,
        _ call: FaceCall,
        _ world: World,
        _ writer: inout JSONWriter
    ) {
        let instrument = world.exchange.instrument(order.instrument)
        writer.beginObject()
        writer.field("dhanClientId", world.clients[order.account].client)
        writer.field("orderId", foreverID(order, call))
        writer.field("orderStatus", word(leg, world))
        writer.field("transactionType", DhanWords.word(leg.side))
        writer.field("exchangeSegment", DhanWords.word(instrument.key.segment))
        writer.field("productType", DhanWords.word(order.product))
        writer.field("orderType", order.shape == .pair ? "OCO" : "SINGLE")
        writer.field("tradingSymbol", instrument.symbol)
        writer.field("securityId", String(instrument.key.token))
        writer.field("quantity", leg.quantity)
        writer.field("price", leg.price)
        writer.field("triggerPrice", leg.trigger)
        writer.field("legName", legName(leg.role))
        writer.field("createTime", order.bookedAt.indianText)
        writer.fieldOrNull("updateTime", nil as String?)
        writer.fieldOrNull("exchangeTime", nil as String?)
        writer.endObject()
    }

    private static func legName(_ role: LegRole) -> String {
        switch role {
        case .entry: "ENTRY_LEG"
        case .target: "TARGET_LEG"
        case .stop: "STOP_LOSS_LEG"
        }
    }

    private static func word(_ leg: ConditionalLeg, _ world: World) -> String {
        switch leg.state {
        case .dormant, .armed: "CONFIRM"
        case .cancelled: "CANCELLED"
        case .expired: "EXPIRED"
        case .sent:
            switch leg.order.flatMap({ world.exchange.order($0) })?.state {
            case .rejected: "REJECTED"
            case .traded: "TRADED"
            default: "TRIGGERED"
            }
        }
    }
}

extension ConditionalOrder {
    /// Whether it is in the book of forever orders; else it is a conditional trigger.
    var isForever: Bool { book == "forever" }
}
