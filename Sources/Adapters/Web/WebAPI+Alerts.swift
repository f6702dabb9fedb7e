import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// What somebody should know of; and how far MTF may go.
    var alertRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/alerts") { try await listAlerts($0) },
            route("POST", "/api/v1/alerts/{id}/ack") { try await acknowledge($0) },
            route("GET", "/api/v1/settings/mtf") { request in
                let caller = try await authentication.caller(request, .admin, .trader)
                return try await leverage(of: trader(of: caller, request))
            },
            route("PATCH", "/api/v1/settings/mtf") { try await setLeverage($0) },
        ]
    }

    private func listAlerts(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 100, most: 1_000)
        let isOpen: Bool?
        switch request.query("status") {
        case nil, "open": isOpen = true
        case "closed": isOpen = false
        case "all": isOpen = nil
        default:
            throw Problem.invalid("status", "unknown_word", "status must be open, closed or all.")
        }
        let found = try await stores.alerts.alerts(
            AlertQuery(
                trader: caller.trader,
                isOpen: isOpen,
                before: try request.cursor("before"),
                limit: limit
            )
        )
        return .json { body in
            body.beginObject()
            body.key("alerts")
            body.beginArray()
            for alert in found { body.alert(alert) }
            body.endArray()
            body.fieldOrNull("next", found.count == limit ? found.last?.id : nil)
            body.endObject()
        }
    }

    private func acknowledge(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        guard let id = request.pathParameters["id"].flatMap({ Int64($0) }), id > 0,
            let alert = try await stores.alerts.acknowledge(
                id,
                of: caller.trader,
                by: Actor(user: caller.user, address: request.remoteAddress)
            )
        else { throw Problem.notFound }
        return .json { $0.alert(alert) }
    }

    private func leverage(of trader: TraderID) async throws -> HTTPServerResponse {
        guard let leverage = try await stores.margins.leverage(of: trader) else {
            throw Problem.notFound
        }
        return .json { body in
            body.beginObject()
            body.field("trader_id", trader.raw)
            body.field("leverage", leverage.times)
            body.endObject()
        }
    }

    private func setLeverage(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let trader = try await trader(of: caller, request)
        var fields = try Fields(of: request)
        let leverage = fields.leverage("leverage")
        try fields.finish()
        guard let leverage, try await stores.margins.leverage(of: trader) != nil else {
            throw Problem.notFound
        }
        let actor = Actor(user: caller.user, address: request.remoteAddress)
        try await stores.margins.setLeverage(leverage, of: trader, by: actor)
        return try await self.leverage(of: trader)
    }
}

extension Fields {
    /// A multiple from 1 to 5, as text or number.
    fileprivate mutating func leverage(_ name: String) -> Leverage? {
        guard let value = value(name) else {
            refuse(name, "required", "\(name) is required.")
            return nil
        }
        let text = value.number?.text ?? value.string
        guard let leverage = text.flatMap({ Leverage(times: $0) }) else {
            refuse(name, "out_of_range", "\(name) must be from 1 to 5, such as 2.5.")
            return nil
        }
        return leverage
    }
}

extension JSONWriter {
    fileprivate mutating func alert(_ stored: StoredAlert) {
        beginObject()
        field("id", stored.id)
        field("kind", stored.alert.kind.rawValue)
        field("client_id", stored.alert.client.raw)
        field("text", stored.alert.text)
        field("times_seen", stored.timesSeen)
        field("opened_at", TimestampText.text(stored.openedAt))
        field("seen_at", TimestampText.text(stored.seenAt))
        fieldOrNull("closed_at", stored.closedAt.map(TimestampText.text))
        fieldOrNull("acknowledged_at", stored.acknowledgedAt.map(TimestampText.text))
        fieldOrNull("acknowledged_by", stored.acknowledgedBy?.raw)
        endObject()
    }
}
