import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Leave positions: cancel what is open, then sell what is held; and how far that has come.
    var exitRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/exits") { try await askToExit($0) },
            route("GET", "/api/v1/exits") { try await listExits($0) },
            route("GET", "/api/v1/exits/{id}") { try await showExit($0) },
        ]
    }

    private func askToExit(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let body = try ExitBody(request)
        let scope = try await scope(of: body)
        let trader = try await trader(of: body, caller)
        let canonical = "exit \(scope) \(trader) \(body.product?.rawValue ?? "any")"
        let asked = try await submitExit(
            ExitRequest(
                trader: trader,
                user: caller.user,
                address: request.remoteAddress,
                idempotencyKey: try Self.idempotencyKey(request),
                bodyHash: Tokens.sha256(Array(canonical.utf8)),
                scope: scope,
                product: body.product
            )
        )
        switch asked {
        case .created(let exit):
            logger.notice(
                "exit asked",
                [
                    LogField("exit", exit.id), LogField("scope", "\(scope)"),
                    LogField("trader", trader), LogField("user", caller.user),
                ]
            )
            return Self.accepted(exit, isRepeated: false)
        case .repeated(let exit): return Self.accepted(exit, isRepeated: true)
        case .conflict(let id):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another exit, \(id)."
            )
        case .notFound:
            throw Problem.invalid(
                body.kind == .client ? "client_id" : "symbol",
                "unknown_\(body.kind.rawValue)",
                "There is no such \(body.kind.rawValue), or it is not yours."
            )
        }
    }

    private func scope(of body: ExitBody) async throws -> ExitScope {
        switch body.kind {
        case .trader: return .everything
        case .client: return .client(body.client)
        case .symbol:
            guard
                let found = try await stores.instruments.instrument(body.symbol, at: body.exchange)
            else {
                throw Problem.invalid(
                    "symbol",
                    "unknown_symbol",
                    "\(body.exchange.rawValue) lists no instrument of this symbol."
                )
            }
            return .instrument(found.id)
        }
    }

    /// The caller's own; an admin names one, unless a client does.
    private func trader(of body: ExitBody, _ caller: Identity) async throws -> TraderID {
        if let own = caller.trader {
            guard body.trader == nil || body.trader == own else {
                throw Problem.invalid(
                    "trader_id",
                    "not_allowed",
                    "A trader exits for oneself only."
                )
            }
            return own
        }
        if body.kind == .client {
            guard let details = try await stores.accounts.client(body.client) else {
                throw Problem.invalid("client_id", "unknown_client", "There is no such client.")
            }
            return details.client.trader
        }
        guard let named = body.trader else {
            throw Problem.invalid("trader_id", "required", "An admin names the trader.")
        }
        guard try await stores.identities.usualPart(named) != nil else {
            throw Problem.invalid("trader_id", "unknown_trader", "There is no such trader.")
        }
        return named
    }

    private static func accepted(_ exit: PositionExit, isRepeated: Bool) -> HTTPServerResponse {
        .accepted("/api/v1/exits/\(exit.id)", isRepeated: isRepeated) { $0.exitFields(exit) }
    }

    private func listExits(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 50, most: 200)
        let found = try await stores.orders.positionExits(
            of: caller.trader,
            before: try request.cursor("before").map { ExitID($0) },
            limit: limit
        )
        return .page("exits", found, limit: limit, id: \.id) { $0.exitFields($1) }
    }

    private func showExit(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let id = try request.id("id", of: ExitID.self)
        guard let exit = try await stores.orders.positionExit(id),
            caller.role == .admin || exit.trader == caller.trader
        else { throw Problem.notFound }
        var cancellation: Cancellation?
        if let made = exit.cancellation {
            cancellation = try await stores.orders.cancellation(made)
        }
        var sales: [(BulkTrade, TaskProgress)] = []
        for sale in exit.sales {
            guard let trade = try await stores.trades.trade(sale),
                let progress = try await stores.trades.progress(sale)
            else { continue }
            sales.append((trade, progress))
        }
        return .json { body in
            body.beginObject()
            body.exitFields(exit)
            body.key("cancel")
            if let cancellation {
                body.beginObject()
                body.cancellationFields(cancellation)
                body.endObject()
            } else {
                body.null()
            }
            body.key("sales")
            body.beginArray()
            for (trade, progress) in sales { body.exitSale(trade, progress) }
            body.endArray()
            body.endObject()
        }
    }
}

extension JSONWriter {
    /// What was asked, and how far it has come.
    fileprivate mutating func exitFields(_ exit: PositionExit) {
        field("exit_id", exit.id.raw)
        switch exit.scope {
        case .client(let id):
            field("scope", ExitBody.Kind.client.rawValue)
            field("client_id", id.raw)
        case .instrument(let id):
            field("scope", ExitBody.Kind.symbol.rawValue)
            field("instrument_id", id.raw)
        case .everything: field("scope", ExitBody.Kind.trader.rawValue)
        }
        field("trader_id", exit.trader.raw)
        fieldOrNull("product", exit.product?.rawValue)
        field("state", exit.state.rawValue)
        fieldOrNull("cancellation_id", exit.cancellation?.raw)
        key("task_ids")
        beginArray()
        for sale in exit.sales { integer(sale.raw) }
        endArray()
        field("asked_at", TimestampText.text(exit.askedAt))
        fieldOrNull("ended_at", exit.endedAt.map(TimestampText.text))
    }

    /// One instrument that is sold, with the counts of its orders.
    fileprivate mutating func exitSale(_ trade: BulkTrade, _ progress: TaskProgress) {
        beginObject()
        field("task_id", trade.id.raw)
        field("symbol", trade.terms.instrument.symbol)
        field("product", trade.terms.product.rawValue)
        field("state", progress.state.rawValue)
        key("counts")
        beginObject()
        field("total", progress.total)
        for outcome in OrderState.Outcome.allCases {
            field(outcome.rawValue, progress.count(outcome))
        }
        endObject()
        field("filled_quantity", progress.filledQuantity)
        field("filled_value", progress.filledValue.rupees)
        field("results_url", "/api/v1/bulk-trades/\(trade.id)/results")
        endObject()
    }
}
