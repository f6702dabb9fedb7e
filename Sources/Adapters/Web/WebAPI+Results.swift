import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Per-client rows of a bulk trade, and their changes as they happen.
    var results: [HTTPRoute] {
        [
            route("GET", "/api/v1/bulk-trades/{id}/results", isPolled: true) {
                try await bulkTradeResults($0)
            }
        ]
    }

    private func bulkTradeResults(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let trade = try await visibleTrade(request)
        let limit = try request.limit(default: 500, most: 5_000)
        switch request.query("by") {
        case "client": return try await sums(of: trade, request, limit)
        case "order", nil: break
        default:
            throw Problem.invalid("by", "unknown_word", "by must be order or client.")
        }
        let rows = try await stores.trades.results(
            trade.id,
            ResultPage(
                after: try request.cursor().map { IntentID($0) },
                limit: limit,
                states: try Self.states(request),
                client: try request.cursor("client_id").map { ClientID($0) }
            )
        )
        return .json { body in
            body.beginObject()
            body.field("task_id", trade.id.raw)
            body.key("results")
            body.beginArray()
            for row in rows { body.resultRow(row) }
            body.endArray()
            body.fieldOrNull("next", rows.count == limit ? rows.last?.intent.id.raw : nil)
            body.endObject()
        }
    }

    /// `?by=client`: a client whose order was cut into slices has one row.
    private func sums(of trade: BulkTrade, _ request: HTTPServerRequest, _ limit: Int) async throws
        -> HTTPServerResponse
    {
        let sums = try await stores.orders.sums(
            of: trade.id,
            after: try request.cursor().map { ClientID($0) },
            limit: limit
        )
        return .json { body in
            body.beginObject()
            body.field("task_id", trade.id.raw)
            body.key("clients")
            body.beginArray()
            for sum in sums { body.clientSum(sum) }
            body.endArray()
            body.fieldOrNull("next", sums.count == limit ? sums.last?.client.raw : nil)
            body.endObject()
        }
    }

    /// `?status=failed,unknown` (outcomes) and `?state=REJECTED` (states), both optional.
    static func states(_ request: HTTPServerRequest) throws(Problem) -> Set<OrderState> {
        var states: Set<OrderState> = []
        for word in (request.query("status") ?? "").split(separator: ",") {
            guard let outcome = OrderState.Outcome(rawValue: word.lowercased()) else {
                let words = OrderState.Outcome.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("status", "unknown_word", "status must be of \(words).")
            }
            states.formUnion(OrderState.allCases.filter { $0.outcome == outcome })
        }
        for word in (request.query("state") ?? "").split(separator: ",") {
            guard let state = OrderState(rawValue: word.uppercased()) else {
                let words = OrderState.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("state", "unknown_word", "state must be of \(words).")
            }
            states.insert(state)
        }
        return states
    }
}

extension JSONWriter {
    /// All orders of one client together.
    fileprivate mutating func clientSum(_ sum: ClientSum) {
        beginObject()
        field("client_id", sum.client.raw)
        field("client_code", sum.code)
        field("client_name", sum.name)
        field("orders", sum.orders)
        field("quantity", sum.quantity.raw)
        field("filled_quantity", sum.filled.raw)
        fieldOrNull("average_price", Price(average: sum.filledValue, of: sum.filled)?.rupees)
        field("filled_value", sum.filledValue.rupees)
        field("held_amount", sum.held.rupees)
        key("states")
        beginArray()
        for state in sum.states.map(\.rawValue).sorted() { string(state) }
        endArray()
        endObject()
    }

    /// One client's row.
    mutating func resultRow(_ row: ClientResult) {
        beginObject()
        resultFields(row)
        endObject()
    }

    /// The same without the braces.
    mutating func resultFields(_ row: ClientResult) {
        let intent = row.intent
        field("order_id", intent.id.raw)
        field("slice", Int64(intent.leg))
        field("client_id", intent.client.raw)
        field("client_code", row.clientCode)
        field("client_name", row.clientName)
        field("status", intent.state.outcome.rawValue)
        field("state", intent.state.rawValue)
        field("broker", intent.broker.rawValue)
        field("quantity", intent.quantity.raw)
        fieldOrNull("sizing_price", intent.sizingPrice?.rupees)
        field("filled_quantity", intent.filled.raw)
        fieldOrNull("average_price", intent.averagePrice?.rupees)
        field("filled_value", intent.filledValue.rupees)
        field("held_amount", intent.held.rupees)
        field("borrowed_amount", intent.borrowed.rupees)
        fieldOrNull("broker_order_id", intent.brokerOrderID)
        fieldOrNull("reason_code", intent.reason?.rawValue)
        fieldOrNull("reason", intent.reason?.sentence)
        fieldOrNull("broker_message", intent.note)
        if let doubt = row.doubt {
            key("unknown")
            doubtRecord(doubt)
        }
        field("updated_at", TimestampText.text(row.updatedAt))
    }
}
