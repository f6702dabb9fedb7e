import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Orders that wait at a client's broker for a price.
    var conditionalRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/clients/{id}/conditional-orders") {
                try await submitConditional($0)
            },
            route("GET", "/api/v1/clients/{id}/conditional-orders") { request in
                try await listConditionals(request, of: request.id("id", of: ClientID.self))
            },
            route("GET", "/api/v1/conditional-orders") { try await listConditionals($0, of: nil) },
            route("GET", "/api/v1/conditional-orders/{id}") { request in
                let caller = try await authentication.caller(request, .admin, .trader)
                return .conditional(try await conditional(request, caller))
            },
            route("PATCH", "/api/v1/conditional-orders/{id}") { try await changeConditional($0) },
            route("DELETE", "/api/v1/conditional-orders/{id}") { try await cancelConditional($0) },
            route("GET", "/api/v1/conditional-orders/{id}/candidates") {
                try await listCandidates($0)
            },
            route("POST", "/api/v1/conditional-orders/{id}/decision") {
                try await decideConditional($0)
            },
        ]
    }

    private func submitConditional(_ request: HTTPServerRequest) async throws
        -> HTTPServerResponse
    {
        let caller = try await authentication.caller(request, .admin, .trader)
        let client = try request.id("id", of: ClientID.self)
        guard let standing = try await stores.conditionals.standing(of: client, of: caller.trader)
        else {
            throw Problem.notFound
        }
        let body = try ConditionalBody(request)
        guard let broker = standing.broker else {
            throw Problem(409, "no_broker_account", "The client has no broker account.")
        }
        guard
            let instrument = try await stores.instruments.instrument(body.symbol, at: body.exchange)
        else {
            throw Problem.invalid(
                "symbol",
                "unknown_symbol",
                "\(body.exchange.rawValue) lists no instrument of this symbol."
            )
        }
        let terms = ConditionalTerms(
            instrument: instrument,
            side: body.side,
            product: body.product,
            quantity: body.quantity,
            condition: body.condition
        )
        try await check(terms, at: broker, for: standing.trader)
        if let obstacle = standing.obstacle {
            throw Problem(409, obstacle.rawValue, obstacle.sentence)
        }
        let submitted = try await stores.conditionals.submit(
            ConditionalSubmission(
                client: client,
                user: caller.user,
                address: request.remoteAddress,
                idempotencyKey: try Self.idempotencyKey(request),
                bodyHash: Tokens.sha256(Array("\(client) \(terms.canonical)".utf8)),
                account: standing.account,
                broker: broker,
                terms: terms
            )
        )
        switch submitted {
        case .created(let record):
            logger.notice(
                "conditional order asked",
                [
                    LogField("conditional_order", record.id), LogField("client", client),
                    LogField("user", caller.user),
                ]
            )
            return .conditional(record, status: 202)
        case .repeated(let record): return .conditional(record, status: 202)
        case .conflict(let id):
            throw Problem(
                409,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another conditional order, \(id)."
            )
        }
    }

    /// What nobody would take, and what this broker would not.
    private func check(_ terms: ConditionalTerms, at broker: BrokerName, for trader: TraderID)
        async throws
    {
        guard let traits = brokers.first(where: { $0.name == broker })?.conditional else {
            throw Problem.invalid(
                "kind",
                "not_at_this_broker",
                "Volley has no conditional orders at the client's broker."
            )
        }
        let last = await liveQuotes.quote(
            terms.instrument.id,
            for: trader,
            maximumAge: .seconds(5)
        )
        let problems = terms.problems(lastPrice: last?.price) + traits.problems(terms)
        guard problems.isEmpty else { throw Problem.invalid(problems) }
    }

    func conditional(_ request: HTTPServerRequest, _ caller: Identity) async throws
        -> ConditionalRecord
    {
        let id = try request.id("id", of: ConditionalID.self)
        guard let record = try await stores.conditionals.conditional(id, of: caller.trader) else {
            throw Problem.notFound
        }
        return record
    }

    private func listConditionals(_ request: HTTPServerRequest, of client: ClientID?) async throws
        -> HTTPServerResponse
    {
        let caller = try await authentication.caller(request, .admin, .trader)
        let limit = try request.limit(default: 100, most: 1_000)
        if let client {
            let standing = try await stores.conditionals.standing(of: client, of: caller.trader)
            guard standing != nil else { throw Problem.notFound }
        }
        var states: Set<ConditionalState> = []
        for word in (request.query("state") ?? "").split(separator: ",") {
            guard let state = ConditionalState(rawValue: word.uppercased()) else {
                let words = ConditionalState.allCases.map(\.rawValue).joined(separator: ", ")
                throw Problem.invalid("state", "unknown_word", "state must be of \(words).")
            }
            states.insert(state)
        }
        let records = try await stores.conditionals.conditionals(
            ConditionalQuery(
                trader: caller.trader,
                client: client,
                states: states,
                before: try request.cursor("before").map { ConditionalID($0) },
                limit: limit
            )
        )
        return .page("conditional_orders", records, limit: limit, id: \.id) {
            $0.conditionalFields($1)
        }
    }

    private func changeConditional(_ request: HTTPServerRequest) async throws
        -> HTTPServerResponse
    {
        let caller = try await authentication.caller(request, .admin, .trader)
        let record = try await conditional(request, caller)
        let change = try ConditionalChange(request)
        try refuseEnded(record)
        if record.isCancelAsked {
            throw Problem(409, "cancel_asked", "The conditional order is being cancelled.")
        }
        if record.entryTask != nil {
            throw Problem(
                409,
                "change_its_parts",
                "This bracket is an order and its exits: change these."
            )
        }
        let terms = try change.applied(to: record.wished ?? record.terms)
        try await check(terms, at: record.broker, for: record.trader)
        let now = clock.now()
        let actor = Actor(user: caller.user, address: request.remoteAddress)
        let changed = try await stores.conditionals.change(record.id, fence: nil, by: actor) {
            $0.askToChange(terms, at: now)
        }
        return .conditional(changed ?? record, status: 202)
    }

    private func cancelConditional(_ request: HTTPServerRequest) async throws
        -> HTTPServerResponse
    {
        let caller = try await authentication.caller(request, .admin, .trader)
        let record = try await conditional(request, caller)
        // Cancelled already is what was wished.
        if record.state == .cancelled { return .conditional(record, status: 202) }
        try refuseEnded(record)
        let now = clock.now()
        let actor = Actor(user: caller.user, address: request.remoteAddress)
        let changed = try await stores.conditionals.change(record.id, fence: nil, by: actor) {
            $0.askToCancel(at: now)
        }
        return .conditional(changed ?? record, status: 202)
    }

    private func refuseEnded(_ record: ConditionalRecord) throws(Problem) {
        guard record.state.isFinal else { return }
        throw Problem(
            409,
            "already_final",
            "The conditional order has ended: it is \(record.state.rawValue)."
        )
    }
}

extension HTTPServerResponse {
    static func conditional(_ record: ConditionalRecord, status: Int = 200)
        -> HTTPServerResponse
    {
        .json(status) { body in
            body.beginObject()
            body.conditionalFields(record)
            body.endObject()
        }
    }
}
