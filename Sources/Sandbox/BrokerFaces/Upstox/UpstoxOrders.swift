import Exchange
import HTTPServer
import JSON

/// Placing, changing and cancelling (upstox.md §2).
extension UpstoxFace {
    /// An order that is sliced becomes no more than so many.
    private static let mostSlices: Int64 = 25

    var orderRoutes: [HTTPRoute] {
        [
            route("POST", "/v3/order/place", .order, isPlacing: true) {
                call,
                world throws(UpstoxError) in
                let numbers = try Self.place(call, &world)
                return Self.success(latency: true) { writer in
                    writer.beginObject()
                    Self.ids(numbers, call, &writer)
                    writer.endObject()
                }
            },
            // Deprecated, and without slices.
            route("POST", "/v2/order/place", .order, isPlacing: true) {
                call,
                world throws(UpstoxError) in
                let number = try Self.place(call, &world)[0]
                return Self.receipt(number, call, latency: false)
            },
            route("PUT", "/v3/order/modify", .order) { call, world throws(UpstoxError) in
                Self.receipt(try Self.modify(call, &world), call)
            },
            route("PUT", "/v2/order/modify", .order) { call, world throws(UpstoxError) in
                Self.receipt(try Self.modify(call, &world), call, latency: false)
            },
            route("DELETE", "/v3/order/cancel", .order, isCancelling: true) {
                call,
                world throws(UpstoxError) in
                Self.receipt(try Self.cancel(call, &world), call)
            },
            route("DELETE", "/v2/order/cancel", .order, isCancelling: true) {
                call,
                world throws(UpstoxError) in
                Self.receipt(try Self.cancel(call, &world), call, latency: false)
            },
        ]
    }

    static func ids(_ numbers: [Int], _ call: FaceCall, _ writer: inout JSONWriter) {
        writer.key("order_ids")
        writer.beginArray()
        for number in numbers { writer.string(String(number + call.orderIDBase)) }
        writer.endArray()
    }

    private static func receipt(_ number: Int, _ call: FaceCall, latency: Bool = true) -> FaceReply
    {
        success(latency: latency) { writer in
            writer.beginObject()
            writer.field("order_id", String(number + call.orderIDBase))
            writer.endObject()
        }
    }

    // MARK: Placing

    private static func place(_ call: FaceCall, _ world: inout World) throws(UpstoxError) -> [Int] {
        try checkHours(call.now, world)
        guard let fields = call.fields else { throw .body }
        let placement = UpstoxPlacement(fields: fields, call: call)
        let request = try placement.request(world)
        let slices = placement.slices ? try slices(of: request, world) : [request]
        return slices.map { world.exchange.place($0, at: call.now) }
    }

    /// Every slice has the tag, and they count as one booking of it.
    private static func slices(
        of request: OrderRequest,
        _ world: World
    ) throws(UpstoxError) -> [OrderRequest] {
        let instrument = world.exchange.instrument(request.instrument)
        let most = instrument.freezeQuantity - instrument.freezeQuantity % instrument.lot
        guard request.quantity <= most * mostSlices else {
            throw UpstoxError(1052, "The quantity is more than 25 orders can hold")
        }
        return stride(from: 0, to: request.quantity, by: Int64.Stride(most)).map { start in
            var slice = request
            slice.quantity = min(most, request.quantity - start)
            slice.disclosed = min(request.disclosed, slice.quantity)
            slice.isLaterSlice = start > 0
            return slice
        }
    }

    /// Orders are taken from 05:30 to midnight, where the sandbox keeps the exchange's hours.
    static func checkHours(_ now: Moment, _ world: World) throws(UpstoxError) {
        if world.exchange.hours == .exchange, now.indianSecondOfDay < 19_800 { throw .orderHours }
    }

    // MARK: Changing

    /// The caller's order of an id, if it can be seen.
    static func order(
        _ id: String?,
        _ call: FaceCall,
        _ world: World
    ) throws(UpstoxError) -> Order {
        guard let id, !id.isEmpty else { throw .noOrderID }
        guard let number = Int(id) else { throw .badOrderID }
        guard let order = call.order(numbered: number - call.orderIDBase, world) else {
            throw .noOrder
        }
        return order
    }

    private static func modify(_ call: FaceCall, _ world: inout World) throws(UpstoxError) -> Int {
        try checkHours(call.now, world)
        guard let fields = call.fields else { throw .body }
        guard fields.has("order_id") else { throw UpstoxError(1003, "Order id is required") }
        let order = try order(fields.text("order_id"), call, world)
        let kind = try UpstoxWords.neededKind(fields)
        let validity = try UpstoxWords.neededValidity(fields)
        guard let price = fields.amount("price") ?? nil, price >= .zero, price <= .greatest,
            let trigger = fields.amount("trigger_price") ?? nil, trigger >= .zero,
            trigger <= .greatest, kind.isMarket || price > .zero, !kind.isStop || trigger > .zero
        else { throw UpstoxError(1043, "Price is invalid") }
        guard let quantity = fields.whole("quantity"),
            let shown = fields.whole("disclosed_quantity"),
            (1...100_000_000).contains(quantity ?? order.quantity),
            (0...100_000_000).contains(shown ?? 0)
        else { throw UpstoxError(1052, "The quantity should be greater than zero") }
        let change = OrderChange(
            kind: kind,
            validity: validity,
            quantity: quantity ?? order.quantity,
            disclosed: shown ?? order.disclosed,
            price: kind.isMarket ? .zero : price,
            trigger: kind.isStop ? trigger : .zero
        )
        do throws(ChangeRefusal) {
            if call.fault.answer?.kind != .modifyIgnored {
                try world.exchange.modify(order.number, change, at: call.now)
            }
        } catch {
            throw refusal(error, UpstoxError(100041, "The order is already \(word(order))"))
        }
        return order.number
    }

    private static func cancel(_ call: FaceCall, _ world: inout World) throws(UpstoxError) -> Int {
        try checkHours(call.now, world)
        let order = try order(call.request.query("order_id"), call, world)
        do throws(ChangeRefusal) {
            if call.fault.answer?.kind != .cancelIgnored {
                try world.exchange.cancel(order.number, at: call.now)
            }
        } catch {
            throw refusal(error, UpstoxError(100040, "The order is already \(word(order))"))
        }
        return order.number
    }

    private static func word(_ order: Order) -> String { UpstoxWords.status(order) }

    private static func refusal(_ refusal: ChangeRefusal, _ ended: UpstoxError) -> UpstoxError {
        switch refusal {
        case .noSuchOrder: .noOrder
        case .notOpen: ended
        case .tooManyModifications: UpstoxError(100036, "Too many modifications")
        case .belowFilled: UpstoxError(1052, "The quantity is not more than what is traded already")
        case .rule(let rejection): UpstoxError(100036, rejection.text)
        }
    }
}
