import Exchange
import HTTPServer
import JSON

/// One call to Dhan's face, from the moment its account is known.
struct DhanCall: Sendable {
    let request: HTTPServerRequest
    /// The top members of the body; nil where it is not a JSON object.
    let fields: FlatObject?
    let account: Int
    let now: Moment
    let orderIDBase: Int
    var fault: FaultPlan.Draw

    /// How far the times in the answer are off.
    var clockShift: Int64 {
        guard let fault = fault.answer, fault.kind == .wrongClock else { return 0 }
        return (fault.milliseconds ?? 3_600_000) * 1_000
    }

    var encoder: DhanOrderJSON {
        DhanOrderJSON(orderIDBase: orderIDBase, clockShift: clockShift)
    }

    /// The order of an id in the path, if it is this account's and can be seen.
    func order(_ world: World) throws(DhanError) -> Order {
        guard let text = request.pathParameters["id"], let id = Int(text),
            let order = world.exchange.order(id - orderIDBase),
            order.account == account, !order.isHidden(at: now)
        else { throw .noData }
        return order
    }

    /// This account's orders of today, oldest first, without those that are hidden.
    func orders(_ world: World) -> [Order] {
        world.exchange.accounts[account].orders.compactMap { world.exchange.order($0) }
            .filter { order in
                let isToday = order.bookedAt.indianDay == now.indianDay
                return (isToday || order.state.isOpen) && !order.isHidden(at: now)
            }
    }

    /// The order book: the same, but for orders that a fault has taken out of it.
    func book(_ world: World) -> [Order] {
        orders(world).filter { $0.state.isOpen || !$0.leavesBookWhenEnded }
    }

    /// The instrument that a body names by `securityId` and `exchangeSegment`.
    func instrument(_ fields: FlatObject, _ world: World) throws(DhanError) -> Int {
        guard let segment = fields.text("exchangeSegment").flatMap({ DhanWords.segment($0) }),
            let token = fields.text("securityId").flatMap({ Int($0) })
        else { throw .badInput }
        guard let found = world.exchange.find(InstrumentKey(segment: segment, token: token)) else {
            throw .input("Invalid SecurityId")
        }
        return found
    }
}

/// What Dhan's face answers.
struct DhanReply: Sendable {
    var status: Int
    var body: [UInt8]
    var contentType = "application/json"
    var headers: [(String, String)] = []

    init(status: Int = 200, _ body: [UInt8], contentType: String = "application/json") {
        self.status = status
        self.body = body
        self.contentType = contentType
    }

    init(status: Int = 200, _ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 512)
        write(&writer)
        self.init(status: status, writer.bytes)
    }

    init(_ error: DhanError) {
        self.init(status: error.status) { writer in
            writer.beginObject()
            writer.field("errorType", error.type)
            writer.field("errorCode", error.code)
            writer.field("errorMessage", error.message)
            writer.endObject()
        }
    }

    var response: HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            headers: [("Content-Type", contentType)] + headers,
            body: .bytes(body)
        )
    }
}

extension JSONWriter {
    /// Writes an amount as a number, `2950.0`, from its integer.
    mutating func field(_ name: String, _ amount: Rupees) {
        key(name)
        rawNumber(amount.text())
    }
}
