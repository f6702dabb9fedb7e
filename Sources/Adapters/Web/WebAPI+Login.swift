import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// Login, who am I, API keys.
    var login: [HTTPRoute] {
        [
            route("POST", "/api/v1/login") { try await logIn($0) },
            route("GET", "/api/v1/me") { request in
                let caller = try await authentication.caller(request)
                return .json { $0.identity(caller) }
            },
            route("POST", "/api/v1/api-keys") { try await createKey($0) },
            route("GET", "/api/v1/api-keys") { try await listKeys($0) },
            route("DELETE", "/api/v1/api-keys/{id}") { try await revokeKey($0) },
        ]
    }

    private func logIn(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var fields = try Fields(of: request)
        let email = fields.text("email", limit: 200)
        let password = fields.text("password", limit: Passwords.longest)
        try fields.finish()
        guard let email, let password else { throw Problem.notLoggedIn }
        let subjects = ["address " + request.remoteAddress, "email " + email.lowercased()]
        if let wait = loginGuard.wait(subjects) {
            throw Problem(
                429,
                "too_many_logins",
                "Too many failed logins; wait before the next.",
                headers: [("Retry-After", "\(wait.components.seconds + 1)")]
            )
        }
        let found = try await identities.login(email: email)
        // An unknown address costs as much time as a wrong password, so that nobody can tell them apart.
        let isRight = await Passwords.verify(
            password,
            against: found?.passwordHash ?? Self.hashOfNobody
        )
        guard let (identity, _) = found, isRight else {
            loginGuard.noteFailure(subjects)
            logger.notice("a login failed", [LogField("address", request.remoteAddress)])
            throw Problem(401, "wrong_login", "The e-mail address or the password is wrong.")
        }
        loginGuard.forget(subjects[1])
        return .json { body in
            body.beginObject()
            body.field("access_token", authentication.token(for: identity))
            body.field("token_type", "Bearer")
            body.field("expires_in", Authentication.lifetime)
            body.key("user")
            body.identity(identity)
            body.endObject()
        }
    }

    /// An argon2id hash that no password has, of the usual cost.
    private static let hashOfNobody =
        "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    private func createKey(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        var fields = try Fields(of: request)
        let name = fields.text("name", limit: 100)
        try fields.finish()
        let secret =
            Authentication.keyPrefix + Tokens.base64URL(Tokens.random(bytes: 32))
        let key = try await identities.createAPIKey(
            caller.user,
            name: name ?? "",
            prefix: String(secret.prefix(8)),
            hash: Tokens.sha256(Array(secret.utf8)),
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        return .json(201) { body in
            body.beginObject()
            body.keyFields(key)
            // The only time that the key is ever shown.
            body.field("api_key", secret)
            body.endObject()
        }
    }

    private func listKeys(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let keys = try await identities.apiKeys(caller.user)
        return .json { body in
            body.beginObject()
            body.key("api_keys")
            body.beginArray()
            for key in keys {
                body.beginObject()
                body.keyFields(key)
                body.endObject()
            }
            body.endArray()
            body.endObject()
        }
    }

    private func revokeKey(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        guard let id = request.pathParameters["id"].flatMap({ Int64($0) }),
            try await identities.revokeAPIKey(
                id,
                of: caller.user,
                by: Actor(user: caller.user, address: request.remoteAddress)
            )
        else { throw Problem.notFound }
        authentication.forgetRecentCallers()
        return .noContent
    }
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
        endObject()
    }

    fileprivate mutating func keyFields(_ key: APIKey) {
        field("id", key.id)
        field("name", key.name)
        field("prefix", key.prefix)
        field("created_at", TimestampText.text(key.createdAt))
    }
}
