import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// One client's orders, one at a time: place, list, show.
    var orderRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/clients/{id}/orders") { try await placeOrder($0) },
            route("GET", "/api/v1/clients/{id}/orders") { try await listOrders($0) },
            route("GET", "/api/v1/orders/{id}") { try await showOrder($0) },
        ]
    }

    /// How often the answer to a new order looks whether it is planned, so that it can name it.
    private static let looks = 20
    private static let pause: Duration = .milliseconds(25)

    private func placeOrder(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, details) = try await visibleClient(request)
        let own = try tradingClient(caller)
        let body = try BulkTradeBody(request, for: details.client.id)
        guard request.header("idempotency-key") != nil else {
            throw Problem.invalid(
                "Idempotency-Key",
                "required",
                "Send an Idempotency-Key, so that this order cannot be placed twice."
            )
        }
        let key = try Self.idempotencyKey(request)
        let submitted = try await accept(
            body,
            for: details.client.trader,
            by: caller,
            // Clients' keys are theirs, whatever keys the trader has used.
            key: own.map { "client \($0) \(key)" } ?? key
        )
        switch submitted {
        case .created(let trade):
            logger.info(
                "order accepted",
                [LogField("task", trade.id), LogField("client", details.client.id)]
            )
            return try await accepted(trade, of: details.client.id, isRepeated: false)
        case .repeated(let trade):
            return try await accepted(trade, of: details.client.id, isRepeated: true)
        case .conflict(let task):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another trade, task \(task)."
            )
        case .unknownClients, .preflightUsed: throw Problem.notFound
        }
    }

    /// Names the order too where it is planned within half a second, as it is unless all are busy.
    private func accepted(_ trade: BulkTrade, of client: ClientID, isRepeated: Bool) async throws
        -> HTTPServerResponse
    {
        var order: IntentID?
        for look in 0..<Self.looks {
            if look > 0 { try await clock.sleep(for: Self.pause) }
            let page = ResultPage(after: nil, limit: 1, states: [], client: client)
            order = try await stores.trades.results(trade.id, page).first?.intent.id
            if order != nil { break }
        }
        let path = "/api/v1/bulk-trades/\(trade.id)"
        let own = order.map { "/api/v1/orders/\($0)" }
        var headers = [("Location", own ?? path)]
        if isRepeated { headers.append(("Idempotency-Replayed", "true")) }
        return .json(202, headers: headers) { body in
            body.beginObject()
            body.field("task_id", trade.id.raw)
            body.fieldOrNull("order_id", order?.raw)
            body.field("client_id", client.raw)
            body.field("status_url", own ?? path)
            body.field("results_url", path + "/results")
            body.endObject()
        }
    }

    private func listOrders(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (_, details) = try await visibleClient(request)
        let limit = try request.limit(default: 100, most: 1_000)
        let (first, last) = (try request.day("from"), try request.day("to"))
        if let first, let last, first > last {
            throw Problem.invalid("from", "out_of_range", "from must not be later than to.")
        }
        let found = try await stores.orders.orders(
            ClientOrdersQuery(
                client: details.client.id,
                states: try Self.states(request),
                from: first?.time(0, 0),
                to: last?.advanced(by: 1).time(0, 0),
                after: try OrderCursor.place(request),
                limit: limit
            )
        )
        return .json { body in
            body.beginObject()
            body.field("client_id", details.client.id.raw)
            body.key("orders")
            body.beginArray()
            for order in found {
                body.beginObject()
                body.orderFields(order)
                body.endObject()
            }
            body.endArray()
            let next = found.count == limit ? found.last : nil
            body.fieldOrNull("next", next.map(OrderCursor.text))
            body.endObject()
        }
    }

    private func showOrder(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        let id = try request.id("id", of: IntentID.self)
        guard let order = try await stores.orders.order(id), caller.maySee(order) else {
            throw Problem.notFound
        }
        let events = try await stores.orders.events(of: id)
        // A client has several orders of one trade only where its order was cut.
        let intent = order.result.intent
        let slices = try await stores.trades.results(
            intent.task,
            ResultPage(after: nil, limit: 1_000, states: [], client: intent.client)
        )
        let changes = try await stores.orders.modifications(of: id)
        return .json { body in
            body.beginObject()
            body.orderFields(order)
            body.key("events")
            body.beginArray()
            for event in events {
                body.beginObject()
                body.field("at", TimestampText.text(event.at))
                body.field("event", event.kind.rawValue)
                body.fieldOrNull("detail", event.detail)
                body.endObject()
            }
            body.endArray()
            body.key("slices")
            body.beginArray()
            for slice in slices where slices.count > 1 {
                body.beginObject()
                body.resultFields(slice)
                body.endObject()
            }
            body.endArray()
            body.key("modifications")
            body.beginArray()
            for change in changes {
                body.beginObject()
                body.modificationFields(change)
                body.endObject()
            }
            body.endArray()
            body.endObject()
        }
    }
}

extension Identity {
    fileprivate func maySee(_ order: ListedOrder) -> Bool {
        switch role {
        case .admin: true
        case .trader: order.trader == trader
        case .client: order.result.intent.client == client
        }
    }
}

/// The place of one order in a client's list, as one word of a query.
enum OrderCursor {
    static func text(_ order: ListedOrder) -> String {
        "\(order.result.intent.task)-\(order.result.intent.leg)"
    }

    static func place(_ request: HTTPServerRequest) throws(Problem) -> ClientOrdersQuery.Place? {
        guard let text = request.query("after") else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let task = Int64(parts[0]), task > 0, let leg = Int16(parts[1]),
            leg >= 0
        else {
            throw Problem.invalid("after", "unknown_cursor", "after must be the next of a page.")
        }
        return ClientOrdersQuery.Place(task: TaskID(task), leg: leg)
    }
}

extension JSONWriter {
    /// One order with what it trades.
    mutating func orderFields(_ order: ListedOrder) {
        field("task_id", order.result.intent.task.raw)
        field("symbol", order.terms.instrument.symbol)
        field("exchange", order.terms.instrument.exchange.rawValue)
        field("side", order.terms.side.rawValue)
        field("order_type", order.terms.type.rawValue)
        field("product", order.terms.product.rawValue)
        field("validity", order.terms.validity.rawValue)
        fieldOrNull("price", order.terms.price?.rupees)
        fieldOrNull("trigger_price", order.terms.trigger?.rupees)
        field("accepted_at", TimestampText.text(order.acceptedAt))
        resultFields(order.result)
    }
}
