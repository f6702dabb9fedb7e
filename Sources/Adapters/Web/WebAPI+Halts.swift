import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// Halt switches: looked at in the transaction that claims an order, and again immediately before it
    /// leaves.
    var halts: [HTTPRoute] {
        [
            route("GET", "/api/v1/halts") { request in
                let caller = try await authentication.caller(request, .admin, .trader)
                return try await list(for: caller)
            },
            route("POST", "/api/v1/halts") { try await switchHalt($0, on: true) },
            route("DELETE", "/api/v1/halts") { try await switchHalt($0, on: false) },
        ]
    }

    private func list(for caller: Identity) async throws -> HTTPServerResponse {
        var active: [ActiveHalt] = []
        for halt in try await stores.accounts.halts() where try await concerns(halt.scope, caller) {
            active.append(halt)
        }
        return .json { [active] body in
            body.beginObject()
            body.key("halts")
            body.beginArray()
            for halt in active {
                let (scope, subject) = Self.words(halt)
                body.beginObject()
                body.field("scope", scope)
                body.fieldOrNull("subject", subject)
                body.field("why", halt.why)
                body.field("since", TimestampText.text(halt.since))
                body.endObject()
            }
            body.endArray()
            body.endObject()
        }
    }

    /// Whether the caller may know of it: what stops the own trading, and for admins all.
    private func concerns(_ scope: Halts.Scope, _ caller: Identity) async throws -> Bool {
        guard caller.role != .admin else { return true }
        switch scope {
        case .everything, .broker, .symbol: return true
        case .trader(let trader): return trader == caller.trader
        case .client(let client):
            return try await stores.accounts.client(client)?.client.trader == caller.trader
        }
    }

    private func switchHalt(_ request: HTTPServerRequest, on: Bool) async throws
        -> HTTPServerResponse
    {
        let caller = try await authentication.caller(request, .admin, .trader)
        var fields = try Fields(of: request)
        let scope = fields.text("scope", limit: 20)
        let subject = fields.value("subject")
        let why = fields.text("why", limit: 500, required: on)
        let exchange = fields.word("exchange", ExchangeName.self, default: .nse) ?? .nse
        let subjectText = subject?.string ?? subject?.number?.text
        let parsed =
            scope == "symbol"
            ? try await symbol(subjectText, exchange) : Self.scope(scope, subjectText, caller)
        if subject != nil, subjectText == nil {
            fields.refuse("subject", "wrong_type", "subject must be an id or a broker's name.")
        } else if scope != nil, parsed == nil {
            fields.refuse(
                "scope",
                "unknown_word",
                "scope must be everything, broker, symbol, trader or client, with its subject."
            )
        }
        try fields.finish()
        guard let parsed else { throw Problem.notAllowed }
        try await mayHalt(parsed, caller)
        try await stores.accounts.setHalt(
            parsed,
            on: on,
            why: why ?? "",
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        logger.notice(
            on ? "halted" : "resumed",
            [LogField("scope", "\(parsed)"), LogField("user", caller.user)]
        )
        // From the answer on no worker begins to send what the halt covers: by now each has read it,
        // or trusts nothing that it has read before.
        if on, haltBound > .zero { try await clock.sleep(for: haltBound) }
        return .noContent
    }

    private func symbol(_ text: String?, _ exchange: ExchangeName) async throws -> Halts.Scope? {
        guard let text else { return nil }
        return try await stores.instruments.instrument(text, at: exchange).map { .symbol($0.id) }
    }

    /// Everything, brokers and symbols are for admins; a trader stops oneself and the own clients.
    private func mayHalt(_ scope: Halts.Scope, _ caller: Identity) async throws {
        guard caller.role != .admin else { return }
        switch scope {
        case .everything, .broker, .symbol: throw Problem.notAllowed
        case .trader(let trader):
            guard trader == caller.trader else { throw Problem.notAllowed }
        case .client(let client):
            guard try await stores.accounts.client(client)?.client.trader == caller.trader else {
                throw Problem.notFound
            }
        }
    }

    private static func scope(_ word: String?, _ subject: String?, _ caller: Identity)
        -> Halts.Scope?
    {
        let id = subject.flatMap { Int64($0) }
        switch word {
        case "everything": return subject == nil ? .everything : nil
        case "broker":
            return subject.flatMap { BrokerName(rawValue: $0.lowercased()) }
                .map(Halts.Scope.broker)
        case "trader":
            guard subject == nil else { return id.map { .trader(TraderID($0)) } }
            return caller.trader.map(Halts.Scope.trader)
        case "client": return id.map { .client(ClientID($0)) }
        default: return nil
        }
    }

    private static func words(_ halt: ActiveHalt) -> (String, String?) {
        switch halt.scope {
        case .everything: ("everything", nil)
        case .broker(let name): ("broker", name.rawValue)
        case .symbol(let id): ("symbol", halt.symbol ?? id.description)
        case .trader(let id): ("trader", id.description)
        case .client(let id): ("client", id.description)
        }
    }
}
