import Exchange
import HTTPServer
import JSON

/// Orders and their trades (groww.md §2).
extension GrowwFace {
    var orderRoutes: [HTTPRoute] {
        [
            route("POST", "/order/create", .order, isPlacing: true, Self.place),
            route("POST", "/order/modify", .order, Self.modify),
            route("POST", "/order/cancel", .order, isCancelling: true, Self.cancel),
            route("GET", "/order/status/{id}") { call, world throws(GrowwError) in
                let order = try Self.order(call, world)
                return .groww { GrowwOrderJSON(call).brief(order, &$0) }
            },
            route("GET", "/order/status/reference/{reference}", .other, Self.byReference),
            route("GET", "/order/detail/{id}") { call, world throws(GrowwError) in
                let order = try Self.order(call, world)
                let instrument = world.exchange.instrument(order.instrument)
                return .groww { GrowwOrderJSON(call).members(of: order, instrument, &$0) }
            },
            route("GET", "/order/list", .other, Self.list),
            route("GET", "/order/trades/{id}", .other, Self.trades),
        ]
    }

    /// The answer comes before rules and funds are checked, so it never says REJECTED.
    private static let place: Work = { call, world throws(GrowwError) in
        let request = try GrowwPlacement(call).request(world)
        let number = world.exchange.place(request, at: call.now)
        return .groww { writer in
            writer.field("groww_order_id", GrowwOrderID.text(number + call.orderIDBase))
            writer.field("order_status", "OPEN")
            writer.fieldOrNull("order_reference_id", request.reference)
            writer.field("remark", "Order placed successfully")
        }
    }

    /// Validity, product and side cannot change; nulls are for what stays away.
    private static let modify: Work = { call, world throws(GrowwError) in
        let (order, fields) = try named(call, world)
        guard let quantity = fields.whole("quantity") ?? nil, (1...100_000_000).contains(quantity)
        else { throw .badRequest("Invalid quantity") }
        let terms = try GrowwTerms(fields)
        let change = OrderChange(
            kind: terms.kind,
            validity: order.validity,
            quantity: quantity,
            disclosed: order.disclosed,
            price: terms.price ?? .zero,
            trigger: terms.trigger ?? .zero
        )
        do throws(ChangeRefusal) {
            if call.fault.answer?.kind != .modifyIgnored {
                try world.exchange.modify(order.number, change, at: call.now)
            }
        } catch {
            throw refusal(error)
        }
        return receipt(order, "OPEN", call)
    }

    /// One page of the documents says CANCELLED here, another OPEN: the request is taken, and what
    /// came of it is in the book.
    private static let cancel: Work = { call, world throws(GrowwError) in
        let (order, _) = try named(call, world)
        if call.fault.answer?.kind != .cancelIgnored {
            do throws(ChangeRefusal) {
                try world.exchange.cancel(order.number, at: call.now)
            } catch {
                throw refusal(error)
            }
        }
        return receipt(order, "CANCELLED", call)
    }

    /// The order that a body names by id and segment.
    private static func named(
        _ call: FaceCall,
        _ world: World
    ) throws(GrowwError) -> (Order, FlatObject) {
        guard let fields = call.fields, let id = fields.text("groww_order_id"),
            let segment = fields.text("segment"), GrowwWords.segments.contains(segment)
        else { throw .badRequest("groww_order_id or segment is missing or invalid") }
        return (try order(id, in: segment, call, world), fields)
    }

    private static func receipt(_ order: Order, _ status: String, _ call: FaceCall) -> FaceReply {
        .groww { writer in
            writer.field("groww_order_id", GrowwOrderJSON(call).id(order))
            writer.field("order_status", status)
        }
    }

    private static let byReference: Work = { call, world throws(GrowwError) in
        let segment = try neededSegment(call)
        guard let reference = call.request.pathParameters["reference"],
            let order = call.order(referenced: reference, world),
            Self.segment(of: order, world) == segment
        else { throw .notFound }
        return .groww { GrowwOrderJSON(call).brief(order, &$0) }
    }

    /// The newest order first.
    private static let list: Work = { call, world throws(GrowwError) in
        let named = try Self.segment(call)
        let book = call.book(world).reversed().filter {
            named == nil || named == Self.segment(of: $0, world)
        }
        let page = try page(of: book, most: 100, call)
        return .groww { writer in
            writer.objects("order_list", page) { order, writer in
                let instrument = world.exchange.instrument(order.instrument)
                GrowwOrderJSON(call).members(of: order, instrument, &writer)
            }
        }
    }

    private static let trades: Work = { call, world throws(GrowwError) in
        let order = try order(call, world)
        let instrument = world.exchange.instrument(order.instrument)
        let all = order.trades.compactMap { world.exchange.trade($0) }
        let page = try page(of: all, most: 50, call)
        return .groww { writer in
            writer.objects("trade_list", page) { trade, writer in
                GrowwOrderJSON(call).members(of: trade, order, instrument, &writer)
            }
        }
    }

    private static func refusal(_ refusal: ChangeRefusal) -> GrowwError {
        switch refusal {
        case .noSuchOrder: .notFound
        case .notOpen: .cannotProcess("The order is in a final state already")
        case .tooManyModifications: .cannotProcess("The order was modified too often")
        case .belowFilled: .cannotProcess("Quantity is not more than what is filled already")
        case .rule(let rejection): .cannotProcess(rejection.text)
        }
    }
}
