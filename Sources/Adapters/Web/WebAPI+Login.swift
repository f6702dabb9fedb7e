import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Login, refreshing it, who am I.
    var login: [HTTPRoute] {
        [
            route("POST", "/api/v1/login") { try await logIn($0) },
            route("POST", "/api/v1/login/refresh") { try await refresh($0) },
            route("GET", "/api/v1/me") { request in
                let caller = try await authentication.caller(request)
                return .json { $0.identity(caller) }
            },
        ] + apiKeyRoutes
    }

    /// How long a session lasts, however often it is refreshed: a day of trading.
    private static let sessionLife: Duration = .seconds(12 * 3_600)

    private func logIn(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var fields = try Fields(of: request)
        let email = fields.text("email", limit: 200)
        let password = fields.text("password", limit: Passwords.longest)
        let code = fields.text("code", limit: 20, required: false)
        let recovery = fields.text("recovery_code", limit: 60, required: false)
        try fields.finish()
        guard let email, let password else { throw Problem.notLoggedIn }
        var tries = LoginGuesses(stores.logins, address: request.remoteAddress, email: email)
        try await tries.take()
        let found = try await stores.identities.login(email: email)
        // An unknown address costs as much time as a wrong password, so that nobody can tell them apart.
        let isRight = await Passwords.verify(
            password,
            against: found?.passwordHash ?? Self.hashOfNobody
        )
        guard let (identity, _) = found, isRight else {
            logger.notice("a login failed", [LogField("address", request.remoteAddress)])
            try await tries.fail(.login, of: found?.0.user)
            throw Problem(401, "wrong_login", "The e-mail address or the password is wrong.")
        }
        try await check(.init(code: code, recovery: recovery), of: identity, tries, request)
        try await tries.forgive()
        let refreshToken = Self.newRefreshToken()
        let session = try await stores.logins.openSession(
            SessionDraft(
                user: identity.user,
                refreshHash: Tokens.sha256(Array(refreshToken.utf8)),
                lasts: Self.sessionLife,
                agent: Self.agent(request)
            ),
            by: Actor(user: identity.user, address: request.remoteAddress)
        )
        return loggedIn(identity, session, refreshToken)
    }

    private func refresh(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var fields = try Fields(of: request)
        let token = fields.text("refresh_token", limit: 200)
        try fields.finish()
        let next = Self.newRefreshToken()
        let refreshed = try await stores.logins.refresh(
            Tokens.sha256(Array((token ?? "").utf8)),
            to: Tokens.sha256(Array(next.utf8)),
            by: Actor(user: nil, address: request.remoteAddress)
        )
        switch refreshed {
        case .done(let session, let identity): return loggedIn(identity, session, next)
        case .copied:
            logger.warning(
                "a login was ended: its refresh token was shown twice",
                [LogField("address", request.remoteAddress)]
            )
            throw Problem(
                401,
                "session_copied",
                "This refresh token was used before. The login was ended; log in again."
            )
        case .unknown: throw Problem.notLoggedIn
        }
    }

    private func loggedIn(_ identity: Identity, _ session: LoginSession, _ refreshToken: String)
        -> HTTPServerResponse
    {
        .json(headers: [("Cache-Control", "no-store")]) { body in
            body.beginObject()
            body.field("access_token", authentication.token(for: identity, in: session))
            body.field("token_type", "Bearer")
            body.field("expires_in", Authentication.lifetime)
            body.field("refresh_token", refreshToken)
            body.field("session_id", session.id.raw)
            body.field("session_ends", TimestampText.text(session.endsAt))
            body.field("must_set_up_second_factor", mustSetUpSecondFactor(identity))
            body.key("user")
            body.identity(identity)
            body.endObject()
        }
    }

    private static func newRefreshToken() -> String {
        "vr_" + Tokens.base64URL(Tokens.random(bytes: 32))
    }

    /// What program logs in, for the list of sessions.
    private static func agent(_ request: HTTPServerRequest) -> String? {
        request.header("user-agent").map { text in
            String(text.unicodeScalars.filter { (32...126).contains($0.value) }.prefix(200))
        }
    }

    /// An argon2id hash that no password has, of the usual cost.
    private static let hashOfNobody =
        "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
}

extension JSONWriter {
    /// A user, as an object.
    mutating func identity(_ identity: Identity) {
        beginObject()
        field("user_id", identity.user.raw)
        field("email", identity.email)
        field("name", identity.name)
        field("role", identity.role.rawValue)
        fieldOrNull("trader_id", identity.trader?.raw)
        fieldOrNull("client_id", identity.client?.raw)
        field("has_second_factor", identity.hasSecondFactor)
        endObject()
    }
}
