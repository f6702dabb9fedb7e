import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// Limits that orders are held against before they are sent: a trader's, for each of the trader's
    /// clients, and one client's own; of both the stricter holds.
    var limitRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/limits") { request in
                let caller = try await authentication.caller(request, .admin, .trader)
                return try await show(.trader(try await trader(of: caller, request)))
            },
            route("PUT", "/api/v1/limits") { request in
                // Whoever is held to limits does not loosen them.
                let caller = try await authentication.caller(request, .admin)
                let trader = try await trader(of: caller, request)
                return try await set(.trader(trader), request, caller)
            },
            route("GET", "/api/v1/clients/{id}/limits") { request in
                let caller = try await authentication.caller(request, .admin, .trader)
                return try await show(try await limitedClient(request, caller))
            },
            route("PUT", "/api/v1/clients/{id}/limits") { request in
                let caller = try await authentication.caller(request, .admin, .trader)
                return try await set(try await limitedClient(request, caller), request, caller)
            },
        ]
    }

    private func limitedClient(_ request: HTTPServerRequest, _ caller: Identity) async throws
        -> LimitSubject
    {
        let id = try request.id("id", of: ClientID.self)
        guard let client = try await stores.accounts.client(id)?.client,
            caller.role == .admin || client.trader == caller.trader
        else { throw Problem.notFound }
        return .client(id, of: client.trader)
    }

    private func show(_ subject: LimitSubject) async throws -> HTTPServerResponse {
        let set = try await stores.limits.limits(of: subject)
        var effective = set?.limits ?? OrderLimits()
        if case .client(_, let trader) = subject,
            let wider = try await stores.limits.limits(of: .trader(trader))
        {
            effective = effective.and(wider.limits)
        }
        return .json { [effective] body in
            body.beginObject()
            body.limitSubject(subject)
            body.limitFields(set)
            body.key("effective")
            body.beginObject()
            body.orderLimits(effective)
            body.endObject()
            body.endObject()
        }
    }

    private func set(
        _ subject: LimitSubject,
        _ request: HTTPServerRequest,
        _ caller: Identity
    ) async throws -> HTTPServerResponse {
        var fields = try Fields(of: request)
        var wanted = OrderLimits()
        wanted.ordersPerMinute = fields.integer("orders_per_minute", in: 1...600, required: false)
            .map { Int($0) }
        wanted.positionPart = fields.percent("position_percent")
        wanted.maximumOrderValue = Self.positive(&fields, "max_order_value")
        wanted.maximumDayLoss = Self.positive(&fields, "max_day_loss")
        wanted.maximumDayLossPart = fields.percent("max_day_loss_percent")
        let why = fields.text("why", limit: 500)
        try fields.finish()
        guard let why else { throw Problem.invalid("why", "required", "why is required.") }
        let set = try await stores.limits.setLimits(
            wanted,
            of: subject,
            why: why,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        logger.notice(
            "limits set",
            [LogField("of", "\(subject)"), LogField("user", caller.user)]
        )
        return .json { body in
            body.beginObject()
            body.limitSubject(subject)
            body.limitFields(set)
            body.endObject()
        }
    }

    private static func positive(_ fields: inout Fields, _ name: String) -> Money? {
        guard let amount = fields.money(name) else { return nil }
        if amount == .zero { fields.refuse(name, "out_of_range", "\(name) must be above 0.") }
        return amount
    }
}

extension JSONWriter {
    fileprivate mutating func limitSubject(_ subject: LimitSubject) {
        switch subject {
        case .trader(let id):
            field("scope", "trader")
            field("trader_id", id.raw)
        case .client(let id, let trader):
            field("scope", "client")
            field("client_id", id.raw)
            field("trader_id", trader.raw)
        }
    }

    fileprivate mutating func limitFields(_ set: SetLimits?) {
        field("version", Int64(set?.version ?? 0))
        orderLimits(set?.limits ?? OrderLimits())
        fieldOrNull("why", set?.why)
        fieldOrNull("set_at", (set?.at).map(TimestampText.text))
    }

    fileprivate mutating func orderLimits(_ limits: OrderLimits) {
        fieldOrNull("orders_per_minute", limits.ordersPerMinute.map { Int64($0) })
        fieldOrNull("position_percent", limits.positionPart?.percent)
        fieldOrNull("max_order_value", limits.maximumOrderValue?.rupees)
        fieldOrNull("max_day_loss", limits.maximumDayLoss?.rupees)
        fieldOrNull("max_day_loss_percent", limits.maximumDayLossPart?.percent)
    }
}
