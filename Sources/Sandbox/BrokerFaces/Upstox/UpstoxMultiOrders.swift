import Exchange
import HTTPServer
import JSON

/// Several orders in one call (upstox.md §2).
extension UpstoxFace {
    /// One member of the `errors` of an answer.
    private struct Fault {
        /// `correlation_id` where orders are placed, `instrument_key` where they are ended.
        let subject: (name: String, value: String)
        let error: UpstoxError
    }

    private static let mostPlaced = 25
    private static let mostCancelled = 50

    var multiRoutes: [HTTPRoute] {
        [
            route("POST", "/v2/order/multi/place", .order, isPlacing: true, Self.placeSeveral),
            route("DELETE", "/v2/order/multi/cancel", .order, isCancelling: true) {
                call,
                world throws(UpstoxError) in
                let open = try Self.selected(call.book(world).filter(\.state.isOpen), call, world)
                var done: [Int] = []
                for order in open.prefix(Self.mostCancelled) {
                    // Between the look and the cancel the market moves, and may fill the order.
                    guard (try? world.exchange.cancel(order.number, at: call.now)) != nil else {
                        continue
                    }
                    done.append(order.number)
                }
                return Self.ended(done, call)
            },
            route("POST", "/v2/order/positions/exit", .order) { call, world throws(UpstoxError) in
                try Self.checkHours(call.now, world)
                guard world.exchange.isOpen(at: call.now) else { throw .marketClosed }
                return Self.ended(try Self.exit(call, &world), call)
            },
        ]
    }

    /// Nothing is sent where one of the orders is not well formed.
    private static let placeSeveral: Work = { call, world throws(UpstoxError) in
        try checkHours(call.now, world)
        guard let list = (try? JSONValue(parsing: call.request.body))?.array, !list.isEmpty,
            list.count <= mostPlaced
        else { throw .body }
        var requests: [(id: String, request: OrderRequest)] = []
        var faults: [Fault] = []
        for item in list {
            guard let id = item["correlation_id"]?.string, (1...20).contains(id.utf8.count),
                !requests.contains(where: { $0.id == id }),
                let fields = FlatObject(item.serialized())
            else { throw .body }
            do throws(UpstoxError) {
                let placement = UpstoxPlacement(fields: fields, call: call)
                requests.append((id, try placement.request(world)))
            } catch {
                faults.append(Fault(subject: ("correlation_id", id), error: error))
            }
        }
        var placed: [(id: String, number: Int)] = []
        if faults.isEmpty {
            placed = requests.map { ($0.id, world.exchange.place($0.request, at: call.now)) }
        }
        return FaceReply(status: faults.isEmpty ? 200 : 400) { writer in
            writer.beginObject()
            writer.field("status", faults.isEmpty ? "success" : "error")
            writer.key("data")
            writer.beginArray()
            for (id, number) in placed {
                writer.beginObject()
                writer.field("correlation_id", id)
                writer.field("order_id", String(number + call.orderIDBase))
                writer.endObject()
            }
            writer.endArray()
            write(faults, &writer)
            summary(of: list.count, placed.count, payloadErrors: faults.count, &writer)
            writer.endObject()
        }
    }

    private static func write(_ faults: [Fault], _ writer: inout JSONWriter) {
        if faults.isEmpty {
            writer.fieldOrNull("errors", nil as String?)
            return
        }
        writer.key("errors")
        writer.beginArray()
        for fault in faults {
            writer.beginObject()
            writer.field(fault.subject.name, fault.subject.value)
            writer.field("error_code", fault.error.code)
            writer.field("message", fault.error.message)
            writer.fieldOrNull("property_path", nil as String?)
            writer.fieldOrNull("invalid_value", nil as String?)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func summary(
        of total: Int,
        _ success: Int,
        payloadErrors: Int,
        _ writer: inout JSONWriter
    ) {
        writer.key("summary")
        writer.beginObject()
        writer.field("total", total)
        writer.field("success", success)
        writer.field("payload_error", payloadErrors)
        writer.field("error", 0)
        writer.endObject()
    }

    private static func ended(_ numbers: [Int], _ call: FaceCall) -> FaceReply {
        FaceReply { writer in
            writer.beginObject()
            writer.field("status", "success")
            writer.key("data")
            writer.beginObject()
            ids(numbers, call, &writer)
            writer.endObject()
            write([], &writer)
            summary(of: numbers.count, numbers.count, payloadErrors: 0, &writer)
            writer.endObject()
        }
    }

    /// Those of the segment and the tag that the query names.
    private static func selected(
        _ orders: [Order],
        _ call: FaceCall,
        _ world: World
    ) throws(UpstoxError) -> [Order] {
        let segment = try segment(call)
        let tag = call.request.query("tag")
        return orders.filter { order in
            let own = world.exchange.instrument(order.instrument).key.segment
            return (segment ?? own) == own && (tag == nil || tag == order.reference)
        }
    }

    private static func segment(_ call: FaceCall) throws(UpstoxError) -> Segment? {
        guard let word = call.request.query("segment") else { return nil }
        guard let segment = UpstoxWords.segment(word) else { throw .input }
        return segment
    }

    /// Closes positions at the market, what has to be bought first; shares under delivery stay.
    private static func exit(_ call: FaceCall, _ world: inout World) throws(UpstoxError) -> [Int] {
        let segment = try segment(call)
        let open = world.exchange.accounts[call.account].positions
            .filter { key, position in
                let own = world.exchange.instrument(key.instrument).key.segment
                return position.net != 0 && key.product != .delivery && (segment ?? own) == own
            }
            .sorted { ($0.value.net, $0.key.instrument) < ($1.value.net, $1.key.instrument) }
        return open.map { key, position in
            let request = OrderRequest(
                account: call.account,
                instrument: key.instrument,
                side: position.net > 0 ? .sell : .buy,
                product: key.product,
                kind: .market,
                quantity: abs(position.net)
            )
            return world.exchange.place(request, at: call.now)
        }
    }
}
