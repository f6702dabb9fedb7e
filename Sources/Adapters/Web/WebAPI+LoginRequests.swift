import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Sessions that clients are asked for in their broker's own app, what these bring, and their end.
    var loginRequests: [HTTPRoute] {
        let account = "/api/v1/clients/{id}/broker-accounts/{account}/"
        return [
            route("PUT", account + "app") { try await keepApp($0) },
            route("POST", account + "login-request") { try await askForLogin($0) },
            route("POST", account + "logout") { try await logOutAtBroker($0) },
            route("POST", "/broker-logins/{broker}/notify", maximumBodyBytes: 16 << 10) {
                try await takeGrant($0)
            },
        ]
    }

    private func keepApp(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, account) = try await loginAccount(request)
        var fields = try Fields(of: request)
        let key = fields.text("api_key", limit: 200)
        let secret = fields.text("api_secret", limit: 4_096)
        if let key, !key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            fields.refuse("api_key", "wrong_letters", "api_key must be letters, digits and signs.")
        }
        try fields.finish()
        guard logIn.takesOwnApps(at: account.broker) else {
            throw Problem(
                409,
                "not_offered",
                "\(account.broker.rawValue) takes no client's own app; GET /api/v1/brokers tells who does."
            )
        }
        guard let key, let secret else { throw Problem.notFound }
        do {
            let places = try await logIn.keep(
                LoginOwnApp(key: key, secret: Secret(secret)),
                of: account,
                by: Actor(user: caller.user, address: request.remoteAddress)
            )
            return .json { body in
                body.beginObject()
                body.fieldOrNull("redirect_url", places.redirect)
                body.fieldOrNull("notifier_url", places.notifier)
                body.endObject()
            }
        } catch let failure as LoginFailure {
            throw problem(failure, account.broker)
        }
    }

    private func askForLogin(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, account) = try await loginAccount(request)
        try checkCanAsk(at: account.broker)
        let outcome = try await logIn.ask(
            account,
            mark: Tokens.random(bytes: 16),
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        switch outcome {
        case .asked(let end):
            return .json { body in
                body.beginObject()
                body.field("expires_at", TimestampText.text(end))
                body.endObject()
            }
        case .askedBefore:
            throw Problem(
                409,
                "asked_before",
                "The client was asked a minute ago, and has not answered yet."
            )
        case .failed(let failure): throw problem(failure, account.broker)
        }
    }

    private func checkCanAsk(at broker: BrokerName) throws(Problem) {
        guard !logIn.canAsk(at: broker) else { return }
        throw Problem(
            409,
            "not_offered",
            "\(broker.rawValue) asks nobody in an app of its own; GET /api/v1/brokers tells who does."
        )
    }

    // MARK: What comes by itself

    /// Whoever sends it learns only whether it was of use: not why, and not who is a client here.
    private func takeGrant(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        guard let broker = request.pathParameters["broker"].flatMap({ BrokerName(rawValue: $0) }),
            logIn.canAsk(at: broker)
        else { throw Problem.notFound }
        guard let (grant, account) = try await logIn.answer(in: request.body, from: broker) else {
            throw Self.useless
        }
        // Whatever a stranger sends who knows a client's app, the client's own grant is looked at.
        let named = Tokens.sha256(Array("\(account.id) \(grant.token.reveal())".utf8))
        let outcome = try await grantLooks.look(named, from: request.remoteAddress) {
            let outcome = try await logIn.take(
                grant,
                for: account,
                by: Actor(user: nil, address: request.remoteAddress)
            )
            return (outcome, isUseless: outcome.provesTokenUseless)
        }
        switch outcome {
        case .looked(.done):
            return .json { body in
                body.beginObject()
                body.field("status", "taken")
                body.endObject()
            }
        case .looked(let outcome): throw useless(outcome, account, request)
        case .knownUseless: throw Self.useless
        case .crowdedOut: throw Self.tooMany
        }
    }

    private func useless(
        _ outcome: LogInAtBroker.Outcome,
        _ account: BrokerAccount,
        _ request: HTTPServerRequest
    ) -> Problem {
        logger.notice(
            "a message to the notifier was of no use",
            [
                LogField("broker", account.broker.rawValue),
                LogField("account", account.id.description),
                LogField("from", request.remoteAddress), LogField("cause", Self.cause(outcome)),
            ]
        )
        if case .failed(.unanswered) = outcome {
            return Problem(
                502,
                "broker_unanswered",
                "The broker did not say whose session it is."
            )
        }
        return Self.useless
    }

    private static let useless = Problem(409, "not_asked_for", "Nobody here waits for this.")

    private static func cause(_ outcome: LogInAtBroker.Outcome) -> String {
        switch outcome {
        case .done: "none"
        case .linkIsSpent: "no request is open that it answers, or its token was taken before"
        case .otherClient: "its token is another client's"
        case .failed(let failure): failure.words
        }
    }

    private static let tooMany = Problem(
        429,
        "too_many_messages",
        "More messages came from there than the broker can be asked about now.",
        headers: [("Retry-After", "1")]
    )

    // MARK: The end of a session

    private func logOutAtBroker(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        var fields = try Fields(of: request)
        let reason = fields.text("reason", limit: 500)
        try fields.finish()
        guard let reason else { throw Problem.notFound }
        let broker = doing.account.broker
        return try await answering(broker) { ask in
            let outcome = try await ask.logOut(
                doing.action(.logOut, reason, []),
                by: doing.actor
            )
            return .json { body in
                body.beginObject()
                body.field("at_broker", outcome.rawValue)
                body.field("meaning", Self.meaning(outcome, broker))
                body.endObject()
            }
        }
    }

    private static func meaning(_ outcome: AskBroker.LoggedOut, _ broker: BrokerName) -> String {
        switch outcome {
        case .ended: "The session is over at the broker, and its token is forgotten."
        case .wasOver: "The session was over before; whatever was kept of it is forgotten."
        case .notOffered:
            "\(broker.rawValue) has no call that ends a session: its token is forgotten here, and lives"
                + " at the broker until its time is over."
        }
    }
}

extension LogInAtBroker.Outcome {
    /// Whether the token will not be of use later either: the broker has spoken of it.
    fileprivate var provesTokenUseless: Bool {
        switch self {
        case .otherClient, .failed(.refused): true
        case .done, .linkIsSpent, .failed: false
        }
    }
}
