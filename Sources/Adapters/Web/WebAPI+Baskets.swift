import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Baskets: several legs submitted as one.
    var basketRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/baskets") { try await acceptBasket($0) },
            route("GET", "/api/v1/baskets") { try await listBaskets($0) },
            route("GET", "/api/v1/baskets/{id}") { request in
                try await showBasket(try await visibleBasket(request), status: 200)
            },
            route("GET", "/api/v1/baskets/{id}/results") { try await basketResults($0) },
            route("POST", "/api/v1/baskets/{id}/cancel") { try await cancelBasket($0) },
        ]
    }

    private func acceptBasket(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let body = try BasketBody(request)
        let trader = try await trader(of: caller, request)
        var legs: [BasketSubmission.Leg] = []
        var problems: [FieldProblem] = []
        for (place, leg) in body.legs.enumerated() {
            guard
                let instrument = try await stores.instruments.instrument(
                    leg.symbol,
                    at: leg.exchange
                )
            else {
                let sentence = "\(leg.exchange.rawValue) lists no instrument of this symbol."
                problems.append(
                    FieldProblem("legs[\(place)].symbol", "unknown_symbol", sentence)
                )
                continue
            }
            do {
                legs.append(.init(terms: try leg.terms(instrument), sizing: leg.sizing))
            } catch {
                problems += error.fields.map { $0.within("legs[\(place)]") }
            }
        }
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        let submitted = try await submitBasket(
            BasketSubmission(
                trader: trader,
                user: caller.user,
                idempotencyKey: try Self.idempotencyKey(request),
                bodyHash: body.hash(for: trader),
                legs: legs,
                clients: body.clients,
                onDoubt: body.onDoubt,
                sequence: body.sequence,
                onRefusal: body.onRefusal
            )
        )
        switch submitted {
        case .created(let basket):
            logger.info(
                "basket accepted",
                [LogField("basket", basket.id), LogField("trader", trader)]
            )
            return try await showBasket(basket, status: 202)
        case .repeated(let basket):
            return try await showBasket(
                basket,
                status: 202,
                headers: [("Idempotency-Replayed", "true")]
            )
        case .conflict(let id):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another basket, \(id)."
            )
        case .unknownClients(let ids):
            let shown = ids.prefix(10).map(\.description).joined(separator: ", ")
            throw Problem.invalid("clients", "unknown_client", "No such clients: \(shown).")
        }
    }

    private func visibleBasket(_ request: HTTPServerRequest) async throws -> Basket {
        let caller = try await authentication.caller(request, .admin, .trader)
        guard let basket = try await stores.baskets.basket(try request.id("id", of: BasketID.self)),
            caller.role == .admin || basket.trader == caller.trader
        else { throw Problem.notFound }
        return basket
    }

    private func showBasket(
        _ basket: Basket,
        status: Int,
        headers: [(String, String)] = []
    ) async throws -> HTTPServerResponse {
        var legs: [(BulkTrade, TaskProgress)] = []
        for task in basket.tasks {
            if let trade = try await stores.trades.trade(task),
                let progress = try await stores.trades.progress(task)
            {
                legs.append((trade, progress))
            }
        }
        let path = "/api/v1/baskets/\(basket.id)"
        return .json(status, headers: headers + [("Location", path)]) { [legs] body in
            body.beginObject()
            body.basketHead(basket)
            body.field("state", Self.state(of: legs.map(\.1.state)).rawValue)
            body.field("status_url", path)
            body.field("results_url", path + "/results")
            body.key("legs")
            body.beginArray()
            for (place, (trade, progress)) in legs.enumerated() {
                body.beginObject()
                body.field("leg", place)
                body.tradeFields(trade)
                body.key("counts")
                body.beginObject()
                body.field("total", progress.total)
                for outcome in OrderState.Outcome.allCases {
                    body.field(outcome.rawValue, progress.count(outcome))
                }
                body.endObject()
                body.field("filled_quantity", progress.filledQuantity)
                body.field("filled_value", progress.filledValue.rupees)
                body.endObject()
            }
            body.endArray()
            body.endObject()
        }
    }

    /// How far all legs are together; all of them wait for approval, or none.
    private static func state(of legs: [BulkTrade.State]) -> BulkTrade.State {
        if legs.contains(.awaitingApproval) { return .awaitingApproval }
        if legs.contains(.declined) { return .declined }
        return legs.allSatisfy(\.isOver) ? .complete : .running
    }

    private func listBaskets(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 50, most: 200)
        let found = try await stores.baskets.baskets(
            of: caller.trader,
            before: try request.cursor("before").map { BasketID($0) },
            limit: limit
        )
        return .page("baskets", found, limit: limit, id: \.id) { $0.basketHead($1) }
    }

    private func basketResults(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let basket = try await visibleBasket(request)
        let limit = try request.limit(default: 500, most: 5_000)
        let rows = try await stores.baskets.basketResults(
            basket.id,
            after: try request.cursor().map { IntentID($0) },
            limit: limit,
            client: try request.cursor("client_id").map { ClientID($0) }
        )
        return .json { body in
            body.beginObject()
            body.field("basket_id", basket.id.raw)
            body.key("results")
            body.beginArray()
            for row in rows {
                body.beginObject()
                body.field("leg", row.leg)
                body.field("task_id", row.task.raw)
                body.field("symbol", row.symbol)
                body.field("side", row.side.rawValue)
                body.field("waits_for_sales", row.isHeldBack)
                body.key("order")
                body.resultRow(row.result)
                body.endObject()
            }
            body.endArray()
            body.fieldOrNull("next", rows.count == limit ? rows.last?.result.intent.id.raw : nil)
            body.endObject()
        }
    }

    /// Cancels every leg; each is a cancellation of its own.
    private func cancelBasket(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        if !request.body.isEmpty {
            var fields = try Fields(of: request)
            try fields.finish()
        }
        let basket = try await visibleBasket(request)
        let key = try Self.idempotencyKey(request)
        var asked: [(TaskID, CancellationID)] = []
        for task in basket.tasks {
            let answer = try await submitCancel(
                CancelRequest(
                    trader: basket.trader,
                    user: caller.user,
                    address: request.remoteAddress,
                    // No caller's key has a space in it.
                    idempotencyKey: "\(key) task \(task)",
                    bodyHash: Tokens.sha256(Array("basket task \(task)".utf8)),
                    scope: .task(task)
                )
            )
            switch answer {
            case .created(let head, _, _), .repeated(let head): asked.append((task, head.id))
            case .conflict(let id): asked.append((task, id))
            case .notFound: throw Problem.notFound
            }
        }
        logger.notice(
            "basket cancel asked",
            [LogField("basket", basket.id), LogField("user", caller.user)]
        )
        return .json(202) { [asked] body in
            body.beginObject()
            body.field("basket_id", basket.id.raw)
            body.key("cancellations")
            body.beginArray()
            for (task, id) in asked {
                body.beginObject()
                body.field("task_id", task.raw)
                body.field("cancellation_id", id.raw)
                body.field("status_url", "/api/v1/cancels/\(id)")
                body.endObject()
            }
            body.endArray()
            body.endObject()
        }
    }
}

extension JSONWriter {
    fileprivate mutating func basketHead(_ basket: Basket) {
        field("basket_id", basket.id.raw)
        field("sequence", basket.sequence.rawValue)
        field("on_refusal", basket.onRefusal.rawValue)
        field("accepted_at", TimestampText.text(basket.acceptedAt))
        key("task_ids")
        beginArray()
        for task in basket.tasks { integer(task.raw) }
        endArray()
    }
}
