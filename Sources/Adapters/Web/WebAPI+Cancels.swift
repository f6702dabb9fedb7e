import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Cancel a bulk trade, one order, or all that is open; and what became of it.
    var cancels: [HTTPRoute] {
        [
            route("POST", "/api/v1/bulk-trades/{id}/cancel") { request in
                try await cancel(request) { .task(try $0.id("id", of: TaskID.self)) }
            },
            route("POST", "/api/v1/orders/{id}/cancel") { request in
                try await cancel(request) { .order(try $0.id("id", of: IntentID.self)) }
            },
            route("POST", "/api/v1/cancels") { try await cancelByScope($0) },
            route("GET", "/api/v1/cancels") { try await listCancels($0) },
            route("GET", "/api/v1/cancels/{id}") { try await showCancel($0) },
        ]
    }

    /// What the path names; whoever it is not for is told that there is no such thing.
    private func cancel(
        _ request: HTTPServerRequest,
        _ scope: (HTTPServerRequest) throws -> CancelScope
    ) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        // A misspelt wish, such as for one client only, must not cancel more than was meant.
        var reason: String?
        if !request.body.isEmpty {
            var fields = try Fields(of: request)
            reason = fields.text("reason", limit: 500, required: false)
            try fields.finish()
        }
        let scope = try scope(request)
        if let own = try tradingClient(caller) {
            guard case .order(let order) = scope else { throw Problem.notAllowed }
            try await expectOwn(order, of: own)
        }
        guard
            let answer = try await ask(for: scope, of: caller.trader, caller, request, reason)
        else { throw Problem.notFound }
        return answer
    }

    private func cancelByScope(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let body = try CancelBody(request, caller)
        let scope = try await scope(of: body)
        if let trader = body.trader, caller.role == .admin,
            try await stores.identities.usualPart(trader) == nil
        {
            throw Problem.invalid("trader_id", "unknown_trader", "There is no such trader.")
        }
        guard
            let answer = try await ask(
                for: scope,
                of: body.trader ?? caller.trader,
                caller,
                request,
                body.reason
            )
        else {
            throw Problem.invalid(
                body.subjectField,
                "unknown_\(body.kind.rawValue)",
                "There is no such \(body.kind.rawValue), or it is not yours."
            )
        }
        return answer
    }

    private func scope(of body: CancelBody) async throws -> CancelScope {
        guard body.kind == .symbol else { return body.scope }
        guard
            let instrument = try await stores.instruments.instrument(body.symbol, at: body.exchange)
        else {
            throw Problem.invalid(
                "symbol",
                "unknown_symbol",
                "\(body.exchange.rawValue) lists no instrument of this symbol."
            )
        }
        return .instrument(instrument.id)
    }

    /// Nil where there is no such task, order or client among the trader's.
    private func ask(
        for scope: CancelScope,
        of trader: TraderID?,
        _ caller: Identity,
        _ request: HTTPServerRequest,
        _ reason: String?
    ) async throws -> HTTPServerResponse? {
        let canonical = "\(scope.word) \(scope.subject ?? 0) \(trader?.raw ?? 0)"
        let asked = try await submitCancel(
            CancelRequest(
                trader: trader,
                user: caller.user,
                address: request.remoteAddress,
                idempotencyKey: try Self.idempotencyKey(request),
                bodyHash: Tokens.sha256(Array(canonical.utf8)),
                scope: scope,
                reason: reason
            )
        )
        switch asked {
        case .created(let head, let orders, _):
            logger.notice(
                "cancel asked",
                [
                    LogField("cancellation", head.id), LogField("scope", "\(scope)"),
                    LogField("user", caller.user), LogField("orders", orders.count),
                ]
            )
            return try await accepted(head, isRepeated: false)
        case .repeated(let head): return try await accepted(head, isRepeated: true)
        case .conflict(let id):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another cancel, \(id)."
            )
        case .notFound: return nil
        }
    }

    private func accepted(_ head: CancellationHead, isRepeated: Bool) async throws
        -> HTTPServerResponse
    {
        guard let cancellation = try await stores.orders.cancellation(head.id) else {
            throw Problem.notFound
        }
        return .accepted("/api/v1/cancels/\(head.id)", isRepeated: isRepeated) {
            $0.cancellationFields(cancellation)
        }
    }

    private func listCancels(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 50, most: 200)
        let heads = try await stores.orders.cancellations(
            of: caller.trader,
            before: try request.cursor("before").map { CancellationID($0) },
            limit: limit
        )
        return .page("cancels", heads, limit: limit, id: \.id) { $0.cancellationHead($1) }
    }

    private func showCancel(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        let id = try request.id("id", of: CancellationID.self)
        let limit = try request.limit(default: 500, most: 5_000)
        let page = CancelPage(
            after: try request.cursor().map { IntentID($0) },
            limit: limit,
            results: try Self.results(request)
        )
        guard let cancellation = try await stores.orders.cancellation(id),
            caller.role == .admin || cancellation.head.trader == caller.trader
        else { throw Problem.notFound }
        if caller.role == .client {
            guard case .order(let order) = cancellation.head.scope, let own = caller.client
            else { throw Problem.notFound }
            try await expectOwn(order, of: own)
        }
        let orders = try await stores.orders.cancelledOrders(id, page)
        return .json { body in
            body.beginObject()
            body.cancellationFields(cancellation)
            body.key("orders")
            body.beginArray()
            for order in orders { body.cancelledOrder(order) }
            body.endArray()
            body.fieldOrNull("next", orders.count == limit ? orders.last?.order.intent.id.raw : nil)
            body.endObject()
        }
    }

    private static func results(_ request: HTTPServerRequest) throws(Problem) -> Set<CancelResult> {
        var results: Set<CancelResult> = []
        for word in (request.query("result") ?? "").split(separator: ",") {
            guard let result = CancelResult(rawValue: word.lowercased()) else {
                let words = CancelResult.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("result", "unknown_word", "result must be of \(words).")
            }
            results.insert(result)
        }
        return results
    }
}
