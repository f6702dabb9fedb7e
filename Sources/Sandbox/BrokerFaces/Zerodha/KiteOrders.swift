import Exchange
import HTTPServer
import JSON

/// Orders and trades of the day (kite.md §2).
extension KiteFace {
    var orderRoutes: [HTTPRoute] {
        [
            route("POST", "/orders/{variety}", .order, isPlacing: true, Self.place),
            route("PUT", "/orders/{variety}/{id}", .order, Self.modify),
            route("DELETE", "/orders/{variety}/{id}", .order, isCancelling: true, Self.cancel),
            route("GET", "/orders") { call, world in
                let orders = call.book(world)
                return .success { KiteOrderJSON(call).book(orders, world, &$0) }
            },
            route("GET", "/orders/{id}") { call, world throws(KiteError) in
                let order = try Self.order(call, world)
                return .success { KiteOrderJSON(call).history(of: order, world, &$0) }
            },
            route("GET", "/trades") { call, world in
                let orders = call.orders(world)
                return .success { KiteOrderJSON(call).trades(of: orders, world, &$0) }
            },
            route("GET", "/orders/{id}/trades") { call, world throws(KiteError) in
                let order = try Self.order(call, world)
                return .success { KiteOrderJSON(call).trades(of: [order], world, &$0) }
            },
        ]
    }

    /// The order of an id in the path, if it is the caller's and can be seen.
    private static func order(_ call: FaceCall, _ world: World) throws(KiteError) -> Order {
        guard let text = call.request.pathParameters["id"], let id = Int(text),
            let order = call.order(numbered: id - call.orderIDBase, world)
        else { throw .noSuchOrder }
        return order
    }

    /// The answer means that the order was taken; rules and funds are checked behind it.
    private static let place: Work = { call, world throws(KiteError) in
        let placement = try KitePlacement(call)
        let request = try placement.request(world)
        let instrument = world.exchange.instrument(request.instrument)
        if placement.isSliced, request.quantity > instrument.freezeQuantity {
            return try slices(of: request, instrument, call, &world)
        }
        let number = world.exchange.place(request, at: call.now)
        return receipt(number + call.orderIDBase)
    }

    /// At most ten slices; all carry the tag and count as one booking of it.
    ///
    /// The documents disagree on the answer: here it is the newest form, the first slice with the
    /// others as its children.
    private static func slices(
        of request: OrderRequest,
        _ instrument: Instrument,
        _ call: FaceCall,
        _ world: inout World
    ) throws(KiteError) -> FaceReply {
        let most = instrument.freezeQuantity - instrument.freezeQuantity % instrument.lot
        guard (request.quantity + most - 1) / most <= 10 else {
            throw .input("Quantity exceeds what ten slices take.")
        }
        var missing = request.quantity
        var ids: [String] = []
        while missing > 0 {
            var slice = request
            slice.quantity = min(missing, most)
            slice.disclosed = min(request.disclosed, slice.quantity)
            slice.isLaterSlice = missing < request.quantity
            missing -= slice.quantity
            ids.append(orderID(world.exchange.place(slice, at: call.now) + call.orderIDBase))
        }
        return .success { writer in
            writer.beginObject()
            writer.field("order_id", ids[0])
            writer.key("children")
            writer.beginArray()
            for id in ids.dropFirst() {
                writer.beginObject()
                writer.field("order_id", id)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private static let modify: Work = { call, world throws(KiteError) in
        let order = try order(call, world)
        let form = try form(call)
        if let id = form.text("order_id"), id != call.request.pathParameters["id"] {
            throw .input("`order_id` differs from the path.")
        }
        let kind = KiteWords.kind(form.text("order_type") ?? KiteWords.word(order.kind))
        let validity = KiteWords.validity(form.text("validity") ?? KiteWords.word(order.validity))
        guard let kind, let validity,
            let quantity = form.whole("quantity", or: order.quantity),
            let disclosed = form.whole("disclosed_quantity", or: order.disclosed),
            let price = form.amount("price", or: order.price),
            let trigger = form.amount("trigger_price", or: order.trigger)
        else { throw .input("Invalid field.") }
        let change = OrderChange(
            kind: kind,
            validity: validity,
            quantity: quantity,
            disclosed: disclosed,
            price: kind.isMarket ? .zero : price,
            trigger: kind.isStop ? trigger : .zero
        )
        do throws(ChangeRefusal) {
            if call.fault.answer?.kind != .modifyIgnored {
                try world.exchange.modify(order.number, change, at: call.now)
            }
        } catch {
            throw refusal(error)
        }
        return receipt(order.number + call.orderIDBase)
    }

    private static let cancel: Work = { call, world throws(KiteError) in
        let order = try order(call, world)
        do throws(ChangeRefusal) {
            if call.fault.answer?.kind != .cancelIgnored {
                try world.exchange.cancel(order.number, at: call.now)
            }
        } catch {
            throw refusal(error)
        }
        return receipt(order.number + call.orderIDBase)
    }

    private static func refusal(_ refusal: ChangeRefusal) -> KiteError {
        switch refusal {
        case .noSuchOrder: .noSuchOrder
        case .notOpen: .order("Order cannot be changed as it is already complete or cancelled.")
        case .tooManyModifications: .order("Maximum allowed order modifications exceeded.")
        case .belowFilled: .order("Quantity is not more than what is traded already.")
        case .rule(let rejection): .order(rejection.text)
        }
    }

    private static func receipt(_ number: Int) -> FaceReply {
        FaceReply(
            Array(#"{"status":"success","data":{"order_id":"\#(orderID(number))"}}"#.utf8)
        )
    }
}

extension KiteForm {
    /// A quantity or what was there before; nil where it is no quantity.
    fileprivate func whole(_ name: String, or before: Int64) -> Int64? {
        guard let text = text(name) else { return before }
        return Int64(text).flatMap { (0...100_000_000).contains($0) ? $0 : nil }
    }

    fileprivate func amount(_ name: String, or before: Rupees) -> Rupees? {
        guard let text = text(name) else { return before }
        return Rupees(decimal: text).flatMap { (.zero...Rupees.greatest).contains($0) ? $0 : nil }
    }
}
