import Exchange
import HTTPServer
import JSON

/// Orders and trades of the day (dhan.md §2).
extension DhanFace {
    var orderRoutes: [HTTPRoute] {
        [
            route("POST", "/orders", .order, isPlacing: true, Self.place),
            route("POST", "/orders/slicing", .order, isPlacing: true, Self.placeSliced),
            route("PUT", "/orders/{id}", .order, Self.modify),
            route("DELETE", "/orders/{id}", .order, isCancelling: true, Self.cancel),
            route("GET", "/orders") { call, world in
                let orders = call.book(world)
                return FaceReply { DhanOrderJSON(call).array(orders, world, &$0) }
            },
            route("GET", "/orders/{id}") { call, world throws(DhanError) in
                let order = try Self.order(call, world)
                return FaceReply { DhanOrderJSON(call).object(order, world, &$0) }
            },
            route("GET", "/orders/external/{reference}", .other, Self.byReference),
            route("GET", "/trades") { call, world in
                let orders = call.orders(world)
                return FaceReply { DhanOrderJSON(call).trades(of: orders, world, &$0) }
            },
            route("GET", "/trades/{id}") { call, world throws(DhanError) in
                let order = try Self.order(call, world)
                return FaceReply { DhanOrderJSON(call).trades(of: [order], world, &$0) }
            },
        ]
    }

    private static let place: Work = { call, world throws(DhanError) in
        let request = try DhanPlacement(call).request(world)
        let number = world.exchange.place(request, at: call.now)
        return FaceReply(receipt(number + call.orderIDBase, placedAs(request)))
    }

    /// Splits above the freeze quantity; the documents leave open whether all slices carry the tag.
    ///
    /// Here they do, and they count as one booking of it.
    private static let placeSliced: Work = { call, world throws(DhanError) in
        let request = try DhanPlacement(call).request(world)
        let instrument = world.exchange.instrument(request.instrument)
        let most = instrument.freezeQuantity - instrument.freezeQuantity % instrument.lot
        var missing = request.quantity
        var body: [UInt8] = [UInt8(ascii: "[")]
        while missing > 0 {
            var slice = request
            slice.quantity = min(missing, most)
            slice.disclosed = min(request.disclosed, slice.quantity)
            slice.isLaterSlice = missing < request.quantity
            missing -= slice.quantity
            if body.count > 1 { body.append(UInt8(ascii: ",")) }
            let number = world.exchange.place(slice, at: call.now)
            body += receipt(number + call.orderIDBase, placedAs(slice))
        }
        body.append(UInt8(ascii: "]"))
        return FaceReply(body)
    }

    /// The answer is given before rules and funds are checked, so it never says REJECTED.
    private static func placedAs(_ request: OrderRequest) -> OrderState {
        request.isAfterMarket ? .transit : .pending
    }

    private static let modify: Work = { call, world throws(DhanError) in
        let order = try Self.order(call, world)
        guard let fields = call.fields, let kind = DhanWords.kind(fields.text("orderType")),
            let validity = DhanWords.validity(fields.text("validity")),
            let quantity = fields.whole("quantity"),
            let disclosed = fields.whole("disclosedQuantity"),
            let price = fields.amount("price"), let trigger = fields.amount("triggerPrice"),
            (1...100_000_000).contains(quantity ?? order.quantity),
            (Rupees.zero...Rupees.greatest).contains(price ?? .zero),
            (Rupees.zero...Rupees.greatest).contains(trigger ?? .zero)
        else { throw .badInput }
        if let id = fields.text("orderId"), id != call.request.pathParameters["id"] {
            throw .badInput
        }
        let change = OrderChange(
            kind: kind,
            validity: validity,
            quantity: quantity ?? order.quantity,
            disclosed: disclosed ?? order.disclosed,
            price: kind.isMarket ? .zero : price ?? order.price,
            trigger: kind.isStop ? trigger ?? order.trigger : .zero
        )
        do throws(ChangeRefusal) {
            if call.fault.answer?.kind != .modifyIgnored {
                try world.exchange.modify(order.number, change, at: call.now)
            }
        } catch {
            throw refusal(error)
        }
        return FaceReply(receipt(order.number + call.orderIDBase, .transit))
    }

    private static let cancel: Work = { call, world throws(DhanError) in
        let order = try Self.order(call, world)
        do throws(ChangeRefusal) {
            if call.fault.answer?.kind != .cancelIgnored {
                try world.exchange.cancel(order.number, at: call.now)
            }
        } catch {
            throw refusal(error)
        }
        return FaceReply(status: 202, receipt(order.number + call.orderIDBase, .cancelled))
    }

    private static let byReference: Work = { call, world throws(DhanError) in
        guard let reference = call.request.pathParameters["reference"],
            let order = call.order(referenced: reference, world)
        else { throw .noData }
        return FaceReply { DhanOrderJSON(call).object(order, world, &$0) }
    }

    private static func refusal(_ refusal: ChangeRefusal) -> DhanError {
        switch refusal {
        case .noSuchOrder: .noData
        case .notOpen(let state): .order("Order is already \(DhanWords.word(state))")
        case .tooManyModifications: .order("Maximum number of order modifications reached")
        case .belowFilled: .order("Quantity is not more than what is traded already")
        case .rule(let rejection): .order(rejection.text)
        }
    }

    /// Put together by hand: the hottest answer there is.
    private static func receipt(_ id: Int, _ state: OrderState) -> [UInt8] {
        Array("{\"orderId\":\"\(id)\",\"orderStatus\":\"\(DhanWords.word(state))\"}".utf8)
    }
}
