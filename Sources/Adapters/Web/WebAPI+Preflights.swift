import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// What a bulk trade would come to; and placing exactly that.
    var preflightRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/bulk-trades/preflight") { try await makePreflight($0) },
            route("GET", "/api/v1/preflights/{id}") { try await showPreflight($0) },
            route("POST", "/api/v1/preflights/{id}/execute") { try await execute($0) },
        ]
    }

    /// How far a price may move between a preflight and its execution where nobody says: half a
    /// percent.
    private static let usualTolerance = BasisPoints(50)
    /// Most clients of whom an answer tells what has changed.
    private static let mostChanges = 1_000

    private func makePreflight(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let body = try BulkTradeBody(request)
        let trader = try await trader(of: caller, request)
        let limit = try request.limit(default: 100, most: 5_000)
        let terms = try body.terms(try await instrument(body.symbol, at: body.exchange))
        let answer = try await runPreflight(
            PreflightRequest(
                trader: trader,
                user: caller.user,
                address: request.remoteAddress,
                terms: terms,
                sizing: body.sizing,
                clients: body.clients,
                onDoubt: body.onDoubt
            )
        )
        switch answer {
        case .unknownClients(let ids): throw Self.unknownClients(ids)
        case .made(let preflight, let depth):
            let page = PreflightPage(after: nil, limit: limit)
            let rows = try await stores.preflights.rows(of: preflight.id, page)
            return Self.preflight(
                preflight,
                rows,
                depth,
                limit: limit,
                status: 201,
                headers: [("Location", "/api/v1/preflights/\(preflight.id)")]
            )
        }
    }

    private func showPreflight(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let id = try request.id("id", of: PreflightID.self)
        let limit = try request.limit(default: 500, most: 5_000)
        let page = PreflightPage(
            after: try request.cursor().map { ClientID($0) },
            limit: limit,
            isOrdered: try Self.isOrdered(request)
        )
        guard let preflight = try await stores.preflights.preflight(id),
            caller.role == .admin || preflight.trader == caller.trader
        else { throw Problem.notFound }
        return Self.preflight(
            preflight,
            try await stores.preflights.rows(of: id, page),
            limit: limit
        )
    }

    private func execute(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let id = try request.id("id", of: PreflightID.self)
        var tolerance = Self.usualTolerance
        if !request.body.isEmpty {
            var fields = try Fields(of: request)
            tolerance = fields.percent("price_tolerance_percent") ?? tolerance
            try fields.finish()
        }
        guard request.header("idempotency-key") != nil else {
            guard let found = try await stores.preflights.preflight(id),
                caller.role == .admin || found.trader == caller.trader
            else { throw Problem.notFound }
            throw Problem.invalid(
                "Idempotency-Key",
                "required",
                "Send an Idempotency-Key, so that a repetition places nothing twice."
            )
        }
        let answer = try await executePreflight(
            ExecutePreflight.Request(
                preflight: id,
                trader: caller.trader,
                user: caller.user,
                idempotencyKey: try Self.idempotencyKey(request),
                bodyHash: Tokens.sha256(Array("preflight \(id) within \(tolerance.raw)".utf8)),
                tolerance: tolerance
            )
        )
        switch answer {
        case .submitted(let submitted):
            if case .created(let trade) = submitted {
                logger.info(
                    "preflight executed",
                    [LogField("preflight", id), LogField("task", trade.id)]
                )
            }
            return try Self.answer(to: submitted)
        case .notFound: throw Problem.notFound
        case .expired(let end):
            throw Problem(
                409,
                "preflight_expired",
                "What it showed was good until \(TimestampText.text(end)); make another."
            )
        case .nothingToPlace:
            throw Problem(409, "nothing_to_place", "The preflight showed no order to place.")
        case .priceMoved(let from, let to?):
            throw Problem(
                409,
                "price_moved",
                "The price was \(from) and is \(to), beyond \(tolerance.percent) percent of it."
            )
        case .priceMoved(let from, nil):
            throw Problem(409, "no_price", "The price was \(from); nobody tells one now.")
        case .changed(let changes): return Self.changed(changes)
        }
    }

    /// What of each client has changed; nothing was placed.
    private static func changed(_ changes: [ExecutePreflight.Change]) -> HTTPServerResponse {
        var body = JSONWriter()
        body.beginObject()
        body.field("type", "about:blank")
        body.field("title", "Conflict")
        body.field("status", 409)
        body.field("code", "preflight_changed")
        body.field(
            "detail",
            "\(changes.count) orders could not be placed as they were shown; nothing was placed."
        )
        body.field("changed_clients", changes.count)
        body.key("changes")
        body.beginArray()
        for change in changes.prefix(mostChanges) {
            body.beginObject()
            body.field("client_id", change.client.raw)
            body.field("client_code", change.code)
            body.field("shown_quantity", change.shown.raw)
            body.reasons(change.reasons)
            body.field("available_then", change.availableThen.rupees)
            body.fieldOrNull("available_now", change.availableNow?.rupees)
            body.endObject()
        }
        body.endArray()
        body.endObject()
        return HTTPServerResponse(
            status: 409,
            headers: [("Content-Type", "application/problem+json")],
            body: .bytes(body.bytes)
        )
    }

    private static func isOrdered(_ request: HTTPServerRequest) throws(Problem) -> Bool? {
        switch request.query("rows") {
        case nil, "all": return nil
        case "orders": return true
        case "skipped": return false
        default:
            throw Problem.invalid(
                "rows",
                "unknown_word",
                "rows must be all, orders or skipped."
            )
        }
    }

    private static func preflight(
        _ preflight: Preflight,
        _ rows: [PreflightRow],
        _ depth: PreflightDepth? = nil,
        limit: Int,
        status: Int = 200,
        headers: [(String, String)] = []
    ) -> HTTPServerResponse {
        .json(status, headers: headers) { body in
            body.beginObject()
            body.preflightHead(preflight)
            if let depth { body.preflightDepth(depth, preflight.terms) }
            body.key("clients")
            body.beginArray()
            for row in rows { body.preflightRow(row, at: preflight.price) }
            body.endArray()
            body.fieldOrNull("next", rows.count == limit ? rows.last?.client.raw : nil)
            body.endObject()
        }
    }
}
