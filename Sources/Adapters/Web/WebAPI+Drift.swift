import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// Where our books and the brokers' differ.
    var driftRoutes: [HTTPRoute] {
        [route("GET", "/api/v1/reconciliation") { try await listDrift($0) }]
    }

    private func listDrift(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 100, most: 1_000)
        let found = try await stores.orders.drifts(
            DriftQuery(
                trader: caller.trader,
                client: try request.cursor("client_id").map { ClientID($0) },
                isOpen: try Self.isOpen(request),
                kind: try Self.kind(request),
                before: try request.cursor("before"),
                limit: limit
            )
        )
        return .json { body in
            body.beginObject()
            body.key("drift")
            body.beginArray()
            for row in found { body.drift(row) }
            body.endArray()
            body.fieldOrNull("next", found.count == limit ? found.last?.id : nil)
            body.endObject()
        }
    }

    private static func isOpen(_ request: HTTPServerRequest) throws(Problem) -> Bool? {
        switch request.query("status") {
        case nil, "open": return true
        case "closed": return false
        case "all": return nil
        default:
            throw Problem.invalid("status", "unknown_word", "status must be open, closed or all.")
        }
    }

    private static func kind(_ request: HTTPServerRequest) throws(Problem) -> DriftKind? {
        guard let word = request.query("kind") else { return nil }
        guard let kind = DriftKind(rawValue: word) else {
            let words = DriftKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.invalid("kind", "unknown_word", "kind must be one of \(words).")
        }
        return kind
    }
}

extension JSONWriter {
    fileprivate mutating func drift(_ row: StoredDrift) {
        beginObject()
        field("id", row.id)
        field("kind", row.drift.kind.rawValue)
        field("meaning", row.drift.kind.sentence)
        field("subject", row.drift.subject)
        field("client_id", row.account.client.raw)
        field("account_id", row.account.account.raw)
        field("broker", row.account.broker.rawValue)
        fieldOrNull("order_id", row.drift.intent?.raw)
        side("ours", row.drift.ours)
        side("theirs", row.drift.theirs)
        field("times_seen", row.timesSeen)
        field("opened_at", TimestampText.text(row.openedAt))
        field("seen_at", TimestampText.text(row.seenAt))
        fieldOrNull("closed_at", row.closedAt.map(TimestampText.text))
        endObject()
    }

    private mutating func side(_ name: String, _ side: BookSide?) {
        key(name)
        guard let side else {
            null()
            return
        }
        beginObject()
        if let cash = side.cash {
            field("cash", cash.rupees)
            endObject()
            return
        }
        fieldOrNull("state", side.state)
        field("quantity", side.quantity.raw)
        fieldOrNull("filled_quantity", side.filled?.raw)
        endObject()
    }
}
