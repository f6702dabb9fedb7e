import Exchange
import HTTPServer

/// What Dhan's calls name, found.
extension DhanFace {
    /// The order of an id in the path, if it is the caller's and can be seen.
    static func order(_ call: FaceCall, _ world: World) throws(DhanError) -> Order {
        guard let text = call.request.pathParameters["id"], let id = Int(text),
            let order = call.order(numbered: id - call.orderIDBase, world), call.isOfToday(order)
        else { throw .noData }
        return order
    }

    /// The instrument that a body names by `securityId` and `exchangeSegment`.
    static func instrument(_ fields: FlatObject, _ world: World) throws(DhanError) -> Int {
        guard let segment = fields.text("exchangeSegment").flatMap({ DhanWords.segment($0) }),
            let token = fields.text("securityId").flatMap({ Int($0) })
        else { throw .badInput }
        guard let found = world.exchange.find(InstrumentKey(segment: segment, token: token)) else {
            throw .input("Invalid SecurityId")
        }
        return found
    }
}
