import Exchange
import HTTPServer

/// What Groww's calls name, found.
extension GrowwFace {
    /// The segment in the query, which must be one where it is there.
    static func segment(_ call: FaceCall) throws(GrowwError) -> String? {
        guard let word = call.request.query("segment") else { return nil }
        guard GrowwWords.segments.contains(word) else { throw .badRequest("Invalid segment") }
        return word
    }

    static func neededSegment(_ call: FaceCall) throws(GrowwError) -> String {
        guard let word = try segment(call) else { throw .badRequest("segment is missing") }
        return word
    }

    /// The caller's order of an id, in this segment, if it can be seen.
    static func order(
        _ id: String?,
        in segment: String,
        _ call: FaceCall,
        _ world: World
    ) throws(GrowwError) -> Order {
        guard let number = id.flatMap({ GrowwOrderID.number($0) }),
            let order = call.order(numbered: number - call.orderIDBase, world),
            self.segment(of: order, world) == segment
        else { throw .notFound }
        return order
    }

    /// The order of an id in the path.
    static func order(_ call: FaceCall, _ world: World) throws(GrowwError) -> Order {
        let segment = try neededSegment(call)
        return try order(call.request.pathParameters["id"], in: segment, call, world)
    }

    static func segment(of order: Order, _ world: World) -> String? {
        GrowwWords.place(world.exchange.instrument(order.instrument).key.segment)?.segment
    }

    /// The part of a list that `page` and `page_size` ask for; the first page is 0.
    static func page<Entry>(
        of all: [Entry],
        most: Int,
        _ call: FaceCall
    ) throws(GrowwError) -> ArraySlice<Entry> {
        guard let page = Int(call.request.query("page") ?? "0"), (0...100_000).contains(page),
            let size = Int(call.request.query("page_size") ?? "25"), (1...most).contains(size)
        else { throw .badRequest("Invalid page or page_size") }
        return all.dropFirst(page * size).prefix(size)
    }

    /// The instrument of a symbol at an exchange, in a segment.
    static func instrument(
        _ symbol: String?,
        _ exchange: String?,
        _ segment: String?,
        _ world: World
    ) throws(GrowwError) -> Int {
        guard let symbol, let exchange, GrowwWords.exchanges.contains(exchange),
            let segment, GrowwWords.segments.contains(segment)
        else { throw .badRequest("trading_symbol, exchange or segment is missing or invalid") }
        let found =
            segment == "CASH"
            ? world.exchange.find(symbol: symbol, isBSE: exchange == "BSE")
            : world.exchange.instruments.firstIndex { GrowwWords.symbol($0) == symbol }
        guard let found,
            let place = GrowwWords.place(world.exchange.instrument(found).key.segment),
            place == (exchange, segment)
        else { throw .notFound }
        return found
    }
}
