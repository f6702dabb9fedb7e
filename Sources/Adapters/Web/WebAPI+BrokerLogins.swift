import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// Clients' logins at their brokers: a link to send, the way back, and logins by a code.
    var brokerLogins: [HTTPRoute] {
        [
            route("POST", "/api/v1/clients/{id}/broker-accounts/{account}/login-link") {
                try await makeLink($0)
            },
            route("POST", "/api/v1/clients/{id}/broker-accounts/{account}/login") {
                try await logInByCode($0)
            },
            route("POST", "/api/v1/clients/{id}/broker-accounts/{account}/renew-session") {
                try await renewSession($0)
            },
            route("GET", "/broker-logins/{broker}/callback") { try await comeBack($0) },
        ]
    }

    private func makeLink(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, account) = try await loginAccount(request)
        switch logIn.way(at: account.broker) {
        case .page: break
        case .code:
            throw Problem(
                409,
                "login_by_code",
                "\(account.broker.rawValue) has no login page; POST …/login with the client's code."
            )
        case nil: throw notConfigured("URL", account.broker)
        }
        let (link, state) = linkStates.make(for: account)
        do {
            let actor = Actor(user: caller.user, address: request.remoteAddress)
            let url = try await logIn.page(of: account, link, state: state, by: actor)
            return .json(headers: [("Cache-Control", "no-store")]) { body in
                body.beginObject()
                body.field("url", url)
                body.field("expires_at", TimestampText.text(link.ends))
                body.endObject()
            }
        } catch let failure as LoginFailure {
            throw problem(failure, account.broker)
        }
    }

    private func logInByCode(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, account) = try await loginAccount(request)
        var fields = try Fields(of: request)
        let approved = fields.value("approved")
        if approved != nil, approved?.bool == nil {
            fields.refuse("approved", "wrong_type", "approved must be true or false.")
        }
        let isApproved = approved?.bool ?? false
        let code = fields.text("code", limit: 64, required: !isApproved)
        let pin = fields.text("pin", limit: 64, required: false)
        let key = fields.text("api_key", limit: 4_096, required: false)
        let secret = fields.text("api_secret", limit: 4_096, required: false)
        if isApproved, code != nil {
            fields.refuse("code", "not_allowed", "Give a code, or approved, and not both.")
        }
        if pin != nil, isApproved || key != nil || secret != nil {
            fields.refuse("pin", "not_allowed", "A PIN goes with a code, and with nothing else.")
        }
        if !isApproved, secret != nil {
            fields.refuse("api_secret", "not_allowed", "A code is proof enough; leave it out.")
        }
        try fields.finish()
        let broker = account.broker.rawValue
        let own = key.map { Secret($0) }
        let proof: LoginProof
        switch logIn.way(at: account.broker) {
        case .code:
            guard pin == nil else {
                throw Problem(409, "login_wrong_way", "Nobody logs in at \(broker) by a PIN.")
            }
            proof =
                code.map { .code(Secret($0), key: own) }
                ?? .approval(key: own, secret: secret.map { Secret($0) })
        case .page(_, takesPIN: true):
            guard let code, let pin else {
                throw Problem(
                    409,
                    "login_by_link",
                    "\(broker) has a login page; POST …/login-link, or give the pin with the code."
                )
            }
            proof = .pin(Secret(pin), code: Secret(code), of: account.brokerClientID)
        case .page:
            throw Problem(
                409,
                "login_by_link",
                "\(broker) has a login page; POST …/login-link and send the link."
            )
        case nil: throw notConfigured("URL", account.broker)
        }
        let outcome = try await logIn.logIn(
            to: account,
            proof,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        switch outcome {
        case .done(let account): return .json { $0.brokerAccount(account) }
        case .otherClient, .linkIsSpent:
            throw Problem(
                409,
                "other_client",
                "This login is of another client at the broker; its token was not kept."
            )
        case .failed(let failure): throw problem(failure, account.broker)
        }
    }

    /// Has the token replaced by a new one, where it is one that its broker renews.
    private func renewSession(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let (caller, account) = try await loginAccount(request)
        let outcome = try await renew?.now(
            account,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        let broker = account.broker.rawValue
        switch outcome {
        case .renewed(let ends):
            return .json { body in
                body.beginObject()
                body.field("account_id", account.id.raw)
                body.fieldOrNull("session_ends", ends.map(TimestampText.text))
                body.endObject()
            }
        case .overtaken:
            throw Problem(409, "session_replaced", "The account was given another token meanwhile.")
        case .failed(.refused(_, let words)), .failed(.sessionEnded(let words)):
            throw Problem(409, "renewal_refused", "\(broker) renews no such token: \(words)")
        case .failed(let failure):
            throw Problem(
                502,
                "broker_unanswered",
                "\(broker) gave no new token (\(failure.words)); whether the old one lives, "
                    + "readiness tells in a moment."
            )
        case nil:
            throw Problem(
                409,
                "not_renewable",
                "The account has no living token that was brought by hand at a broker that renews."
            )
        }
    }

    /// The account of the path, where the caller may log its client in.
    func loginAccount(_ request: HTTPServerRequest) async throws
        -> (Identity, BrokerAccount)
    {
        let (caller, details) = try await visibleClient(request)
        let id = try request.id("account", of: AccountID.self)
        guard let account = details.accounts.first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        guard details.client.status != .archived else {
            throw Problem(409, "client_archived", "An archived client is never traded for again.")
        }
        return (caller, account)
    }

    // MARK: The way back

    /// Answers people and not programs, whatever goes wrong.
    private func comeBack(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        guard let broker = request.pathParameters["broker"].flatMap({ BrokerName(rawValue: $0) }),
            case .page = logIn.way(at: broker)
        else { throw Problem.notFound }
        // A mere look at the address must not use the link up.
        guard request.method == "GET" else { return LoginPage.forged }
        do throws(LinkStates.Refusal) {
            let ticket = try request.query("state").map { state throws(LinkStates.Refusal) in
                try linkStates.read(state, from: broker)
            }
            return await finish(broker, ticket, request)
        } catch {
            return error == .expired ? LoginPage.spent : LoginPage.forged
        }
    }

    private func finish(
        _ broker: BrokerName,
        _ ticket: LogInAtBroker.Ticket?,
        _ request: HTTPServerRequest
    ) async -> HTTPServerResponse {
        // A stranger without a state could have the broker asked again and again on our behalf.
        let stranger = request.remoteAddress
        if ticket == nil, callbackGuard.mustWait(stranger) { return LoginPage.tooMany }
        let values = request.query.filter { $0.name != "state" }
            .map { ($0.name, Secret($0.value)) }
        do {
            let outcome = try await logIn.finish(
                at: broker,
                ticket,
                // Of two values under one name neither can be trusted to be the broker's.
                .redirect(Dictionary(values) { _, _ in Secret("") }),
                by: Actor(user: nil, address: request.remoteAddress)
            )
            if ticket == nil, outcome.account == nil { callbackGuard.noteFailure(stranger) }
            note(outcome, broker, ticket?.account)
            return LoginPage.answer(to: outcome, at: broker)
        } catch {
            logger.error(
                "a login was lost",
                [LogField("broker", broker.rawValue), LogField("cause", "\(error)")]
            )
            return LoginPage.broken
        }
    }

    private func note(
        _ outcome: LogInAtBroker.Outcome,
        _ broker: BrokerName,
        _ account: AccountID?
    ) {
        let cause =
            switch outcome {
            case .done: nil as String?
            case .linkIsSpent: "the link is used, over or unknown"
            case .otherClient: "somebody else than the account's owner logged in"
            case .failed(let failure): problem(failure, broker).detail
            }
        guard let cause else { return }
        logger.notice(
            "a login came to nothing",
            [
                LogField("broker", broker.rawValue),
                LogField("account", account?.description ?? "unknown"), LogField("cause", cause),
            ]
        )
    }

    // MARK: Problems

    func problem(_ failure: LoginFailure, _ broker: BrokerName) -> Problem {
        switch failure {
        case .notConfigured(.appKey): notConfigured("APP_KEY", broker)
        case .notConfigured(.appSecret): notConfigured("APP_SECRET", broker)
        case .sentElsewhere(let found, let wanted):
            Problem(
                409,
                "notifier_elsewhere",
                "The client's app sends sessions to \(found): set its notifier to \(wanted), then ask"
                    + " again."
            )
        case .notConfigured(.publicURL):
            Problem(
                409,
                "login_not_configured",
                "VOLLEY_PUBLIC_URL is not set: brokers must know where to send the client back to."
            )
        case .wrongWay:
            Problem(409, "login_wrong_way", "Nobody logs in at \(broker.rawValue) in this way.")
        case .notGranted:
            Problem(409, "login_not_granted", "The client did not agree to the login.")
        case .refused(let words):
            Problem(409, "login_refused", "\(broker.rawValue) refused the login: \(words)")
        case .unanswered(let words):
            Problem(
                502,
                "broker_unanswered",
                "\(broker.rawValue) gave no answer (\(words)). Nothing was stored; log in anew."
            )
        }
    }

    func notConfigured(_ setting: String, _ broker: BrokerName) -> Problem {
        let name = "VOLLEY_\(broker.rawValue.uppercased())_\(setting)"
        return Problem(
            409,
            "login_not_configured",
            "\(name) is not set: without it nobody can log in at \(broker.rawValue)."
        )
    }
}

extension LogInAtBroker.Outcome {
    /// The account that got a session.
    fileprivate var account: BrokerAccount? {
        if case .done(let account) = self { account } else { nil }
    }
}
