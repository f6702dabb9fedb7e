import Exchange
import HTTPServer
import JSON

/// Orders and trades of the day (upstox.md §2).
extension UpstoxFace {
    var bookRoutes: [HTTPRoute] {
        [
            route("GET", "/v2/order/retrieve-all") { call, world in
                let orders = call.book(world)
                return Self.success { Self.encoder(call).book(orders, world, &$0) }
            },
            route("GET", "/v2/order/details") { call, world throws(UpstoxError) in
                let order = try Self.order(call.request.query("order_id"), call, world)
                let instrument = world.exchange.instrument(order.instrument)
                let client = world.clients[call.account].client
                return Self.success { writer in
                    writer.beginObject()
                    Self.encoder(call).members(of: order, instrument, client: client, &writer)
                    writer.endObject()
                }
            },
            route("GET", "/v2/order/history", .other, Self.history),
            route("GET", "/v2/order/trades/get-trades-for-day") { call, world in
                let orders = call.orders(world)
                return Self.success { Self.encoder(call).trades(of: orders, world, &$0) }
            },
            route("GET", "/v2/order/trades") { call, world throws(UpstoxError) in
                let order = try Self.order(call.request.query("order_id"), call, world)
                return Self.success { Self.encoder(call).trades(of: [order], world, &$0) }
            },
        ]
    }

    private static func encoder(_ call: FaceCall) -> UpstoxOrderJSON {
        UpstoxOrderJSON(orderIDBase: call.orderIDBase, clockShift: call.clockShift)
    }

    /// Of one order by its id, or of all that carry a tag; what an unknown tag gets is not
    /// documented.
    private static let history: Work = { call, world throws(UpstoxError) in
        var orders: [Order]
        if let tag = call.request.query("tag"), !tag.isEmpty {
            orders = call.orders(world).filter { $0.reference == tag }
            if let id = call.request.query("order_id"), !id.isEmpty {
                let one = try order(id, call, world)
                orders = orders.filter { $0.number == one.number }
            }
            if orders.isEmpty { throw .nothingTagged }
        } else {
            orders = [try order(call.request.query("order_id"), call, world)]
        }
        return success { encoder(call).history(orders, world, &$0) }
    }
}
