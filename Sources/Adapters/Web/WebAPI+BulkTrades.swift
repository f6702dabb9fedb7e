import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Submit, list and poll bulk trades.
    var bulkTrades: [HTTPRoute] {
        [
            route("POST", "/api/v1/bulk-trades") { try await submitBulkTrade($0) },
            route("GET", "/api/v1/bulk-trades") { try await listBulkTrades($0) },
            route("GET", "/api/v1/bulk-trades/{id}", startsAtOnce: true, isPolled: true) {
                try await bulkTradeStatus($0)
            },
        ]
    }

    private func submitBulkTrade(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        let own = try tradingClient(caller)
        var body = try BulkTradeBody(request)
        if let own { try body.keep(to: own) }
        let trader = try await trader(of: caller, request)
        let key = try Self.idempotencyKey(request)
        let submitted = try await accept(
            body,
            for: trader,
            by: caller,
            // Clients' keys are theirs, whatever keys the trader has used.
            key: own.map { "client \($0) \(key)" } ?? key
        )
        if case .created(let trade) = submitted {
            logger.info(
                "bulk trade accepted",
                [LogField("task", trade.id), LogField("trader", trader)]
            )
        }
        return try Self.answer(to: submitted)
    }

    /// What a submission came to.
    static func answer(to submitted: Submitted) throws(Problem) -> HTTPServerResponse {
        switch submitted {
        case .created(let trade): return accepted(trade, repeated: false)
        case .repeated(let trade): return accepted(trade, repeated: true)
        case .conflict(let task):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another trade, task \(task)."
            )
        case .unknownClients(let ids): throw unknownClients(ids)
        case .preflightUsed:
            throw Problem(409, "preflight_executed", "The preflight was executed already.")
        }
    }

    static func unknownClients(_ ids: [ClientID]) -> Problem {
        let shown = ids.prefix(10).map(\.description).joined(separator: ", ")
        return .invalid("clients", "unknown_client", "No such clients: \(shown).")
    }

    /// The instrument that a body names.
    func instrument(_ symbol: String, at exchange: ExchangeName) async throws -> Instrument {
        guard let instrument = try await stores.instruments.instrument(symbol, at: exchange) else {
            throw Problem.invalid(
                "symbol",
                "unknown_symbol",
                "\(exchange.rawValue) lists no instrument of this symbol."
            )
        }
        return instrument
    }

    /// Finds the instrument, checks the terms, stores the trade.
    func accept(
        _ body: BulkTradeBody,
        for trader: TraderID,
        by caller: Identity,
        key: String
    ) async throws -> Submitted {
        let instrument = try await instrument(body.symbol, at: body.exchange)
        return try await submit(
            Submission(
                trader: trader,
                user: caller.user,
                idempotencyKey: key,
                bodyHash: body.hash(for: trader),
                terms: try body.terms(instrument),
                sizing: body.sizing,
                clients: body.clients,
                onDoubt: body.onDoubt
            )
        )
    }

    /// A trader acts for oneself; an admin names the trader in `?trader_id=`.
    func trader(of caller: Identity, _ request: HTTPServerRequest) async throws -> TraderID {
        if let trader = caller.trader { return trader }
        guard let raw = request.query("trader_id").flatMap({ Int64($0) }), raw > 0 else {
            throw Problem.invalid(
                "trader_id",
                "required",
                "An admin names the trader in the query: ?trader_id=…"
            )
        }
        guard try await stores.identities.usualPart(TraderID(raw)) != nil else {
            throw Problem.invalid("trader_id", "unknown_trader", "There is no such trader.")
        }
        return TraderID(raw)
    }

    /// The caller's key, or a fresh one where none was sent: then nothing guards a repetition.
    static func idempotencyKey(_ request: HTTPServerRequest) throws(Problem) -> String {
        guard let key = request.header("idempotency-key") else {
            return "auto-" + Tokens.base64URL(Tokens.random(bytes: 18))
        }
        guard !key.isEmpty, key.utf8.count <= 200,
            key.utf8.allSatisfy({ (33...126).contains($0) })
        else {
            throw Problem.invalid(
                "Idempotency-Key",
                "wrong_length",
                "Idempotency-Key must be 1 to 200 visible ASCII characters."
            )
        }
        return key
    }

    static func accepted(_ trade: BulkTrade, repeated: Bool) -> HTTPServerResponse {
        let path = "/api/v1/bulk-trades/\(trade.id)"
        var headers = [("Location", path)]
        if repeated { headers.append(("Idempotency-Replayed", "true")) }
        return .json(202, headers: headers) { body in
            body.beginObject()
            body.field("task_id", trade.id.raw)
            body.field("state", trade.state.rawValue)
            body.field("status_url", path)
            body.field("results_url", path + "/results")
            body.field("events_url", path + "/events")
            body.endObject()
        }
    }

    private func listBulkTrades(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 50, most: 200)
        let found = try await stores.trades.trades(
            of: caller.trader,
            before: try request.cursor("before").map { TaskID($0) },
            limit: limit
        )
        return .page("bulk_trades", found, limit: limit, id: \.id) { $0.tradeFields($1) }
    }

    /// The trade, if the caller may see it.
    func visibleTrade(_ request: HTTPServerRequest) async throws -> BulkTrade {
        let caller = try await authentication.caller(request)
        let id = try request.id("id", of: TaskID.self)
        guard let trade = try await progress.trade(id), Self.isVisible(trade, to: caller)
        else { throw Problem.notFound }
        return trade
    }

    private func bulkTradeStatus(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let trade = try await visibleTrade(request)
        let copy = try await progress.status(of: trade)
        if request.header("if-none-match") == copy.tag {
            return HTTPServerResponse(status: 304, headers: [("ETag", copy.tag)])
        }
        return HTTPServerResponse(
            status: 200,
            headers: [
                ("Content-Type", "application/json"), ("ETag", copy.tag),
                ("Cache-Control", "private, no-cache"),
            ],
            body: .bytes(copy.body)
        )
    }
}

extension JSONWriter {
    /// What was asked for.
    mutating func tradeFields(_ trade: BulkTrade) {
        field("task_id", trade.id.raw)
        field("state", trade.state.rawValue)
        field("symbol", trade.terms.instrument.symbol)
        field("exchange", trade.terms.instrument.exchange.rawValue)
        field("side", trade.terms.side.rawValue)
        field("order_type", trade.terms.type.rawValue)
        field("product", trade.terms.product.rawValue)
        field("validity", trade.terms.validity.rawValue)
        fieldOrNull("price", trade.terms.price?.rupees)
        fieldOrNull("trigger_price", trade.terms.trigger?.rupees)
        switch trade.sizing {
        case .part(let part): field("percent", part.percent)
        case .quantityWithin(let quantity, let part):
            field("quantity", quantity.raw)
            fieldOrNull("cap_percent", part?.percent)
        case .quantity(let quantity):
            field("quantity", quantity.raw)
            field("exact", true)
        case .amount(let amount): field("amount", amount.rupees)
        case .listed: field("listed", true)
        }
        if let task = trade.links.repairs { field("repairs_task_id", task.raw) }
        if let task = trade.links.undoes { field("undoes_task_id", task.raw) }
        if let basket = trade.links.basket { field("basket_id", basket.raw) }
        field("on_doubt", trade.onDoubt.text)
        if let preflight = trade.preflight { field("preflight_id", preflight.raw) }
        fieldOrNull("reference_price", trade.referencePrice?.rupees)
        field("accepted_at", TimestampText.text(trade.acceptedAt))
        fieldOrNull("planned_at", trade.plannedAt.map(TimestampText.text))
        fieldOrNull("completed_at", trade.completedAt.map(TimestampText.text))
    }
}
