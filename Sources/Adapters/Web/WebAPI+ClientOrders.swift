import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// A client's own orders.
    var clientOrderRoutes: [HTTPRoute] {
        [route("GET", "/api/v1/clients/{id}/orders") { try await listOrders($0) }]
    }

    private func listOrders(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (_, details) = try await visibleClient(request)
        let limit = try request.limit(default: 100, most: 1_000)
        let found = try await trades.orders(
            of: details.client.id,
            ClientOrderPage(after: try Self.place(request), limit: limit)
        )
        return .json { body in
            body.beginObject()
            body.field("client_id", details.client.id.raw)
            body.key("orders")
            body.beginArray()
            for order in found { body.clientOrder(order) }
            body.endArray()
            let last = found.count == limit ? found.last?.place : nil
            body.fieldOrNull("next", last.map { "\($0.task)-\($0.intent)" })
            body.endObject()
        }
    }

    private static func place(_ request: HTTPServerRequest) throws(Problem)
        -> ClientOrderPage.Place?
    {
        guard let text = request.query("after") else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        guard parts.count == 2, let task = parts[0], let intent = parts[1], task > 0, intent > 0
        else {
            throw Problem.invalid("after", "unknown_cursor", "after must be the next of a page.")
        }
        return ClientOrderPage.Place(task: TaskID(task), intent: IntentID(intent))
    }

    // MARK: What clients do for themselves

    /// The client whom the caller is, and who may trade; nil for those who trade for many.
    func tradingClient(_ caller: Identity) throws(Problem) -> ClientID? {
        guard caller.role == .client else { return nil }
        guard let client = caller.client, caller.mayTrade else {
            throw Problem(
                403,
                "trading_not_allowed",
                "Your trader has not allowed you to trade by yourself."
            )
        }
        return client
    }

    /// Whether the caller may see a trade: all (admins), the own (traders), or what was asked for
    /// oneself alone (clients).
    static func isVisible(_ trade: BulkTrade, to caller: Identity) -> Bool {
        switch caller.role {
        case .admin: true
        case .trader: trade.trader == caller.trader
        case .client: caller.client.map { trade.isOnly(for: $0) } ?? false
        }
    }

    /// Refuses orders that are not the client's, or part of a trade for many.
    func expectOwn(_ order: IntentID, of client: ClientID) async throws {
        let page = ClientOrderPage(only: order, limit: 1)
        guard let found = try await trades.orders(of: client, page).first,
            found.trade.isOnly(for: client)
        else { throw Problem.notFound }
    }
}

extension BulkTradeBody {
    /// What a client asks for is for that client alone.
    mutating func keep(to client: ClientID) throws(Problem) {
        switch clients {
        case .all: clients = .named([client])
        case .named([client]): break
        case .named, .group:
            throw Problem.invalid("clients", "not_allowed", "You trade for yourself only.")
        }
    }
}

extension JSONWriter {
    fileprivate mutating func clientOrder(_ order: ClientOrder) {
        let (terms, intent) = (order.trade.terms, order.result.intent)
        beginObject()
        field("order_id", intent.id.raw)
        field("task_id", order.trade.id.raw)
        field("symbol", terms.instrument.symbol)
        field("exchange", terms.instrument.exchange.rawValue)
        field("side", terms.side.rawValue)
        field("order_type", terms.type.rawValue)
        field("product", terms.product.rawValue)
        fieldOrNull("price", terms.price?.rupees)
        fieldOrNull("trigger_price", terms.trigger?.rupees)
        field("status", intent.state.outcome.rawValue)
        field("state", intent.state.rawValue)
        field("broker", intent.broker.rawValue)
        field("quantity", intent.quantity.raw)
        field("filled_quantity", intent.filled.raw)
        fieldOrNull("average_price", intent.averagePrice?.rupees)
        field("filled_value", intent.filledValue.rupees)
        field("held_amount", intent.held.rupees)
        fieldOrNull("broker_order_id", intent.brokerOrderID)
        fieldOrNull("reason_code", intent.reason?.rawValue)
        fieldOrNull("reason", intent.reason?.sentence)
        fieldOrNull("broker_message", intent.note)
        field("accepted_at", TimestampText.text(order.trade.acceptedAt))
        field("updated_at", TimestampText.text(order.result.updatedAt))
        endObject()
    }
}
