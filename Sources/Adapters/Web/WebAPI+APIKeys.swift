import Desk
import HTTPServer
import JSON
import Secrets
import Trading

extension WebAPI {
    /// API keys: made, listed, ended.
    var apiKeyRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/api-keys") { try await createKey($0) },
            route("GET", "/api/v1/api-keys") { try await listKeys($0) },
            route("DELETE", "/api/v1/api-keys/{id}") { try await revokeKey($0) },
        ]
    }

    private func createKey(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        var fields = try Fields(of: request)
        let name = fields.text("name", limit: 100)
        let limits = Self.keyLimits(&fields, of: caller, now: clock.now())
        try fields.finish()
        if let client = limits.client {
            guard let known = try await stores.accounts.client(client),
                known.client.trader == caller.trader
            else {
                throw Problem.invalid("client_id", "unknown_client", "There is no such client.")
            }
        }
        let secret =
            Authentication.keyPrefix + Tokens.base64URL(Tokens.random(bytes: 32))
        let key = try await stores.identities.createAPIKey(
            caller.user,
            name: name ?? "",
            prefix: String(secret.prefix(8)),
            hash: Tokens.sha256(Array(secret.utf8)),
            limits: limits,
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

    /// All that the caller may, for as long as nobody revokes it, unless less is asked for.
    private static func keyLimits(_ fields: inout Fields, of caller: Identity, now: Timestamp)
        -> KeyLimits
    {
        let words = fields.texts("scopes", limit: Scope.allCases.count)
        let scopes = words.map { Set($0.compactMap(Scope.init(rawValue:))) } ?? caller.scopes
        if let words, words.isEmpty || scopes.count != Set(words).count {
            let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
            fields.refuse("scopes", "unknown_word", "scopes must be some of \(known).")
        } else if !scopes.isSubset(of: caller.scopes) {
            // Or a key that may do little would make one that may do all.
            fields.refuse("scopes", "not_allowed", "A key gives no scope that you do not have.")
        }
        let expires = fields.moment("expires_at")
        if let expires, expires <= now {
            fields.refuse("expires_at", "out_of_range", "expires_at must be in the future.")
        }
        let client = fields.integer("client_id", in: 1...Int64.max, required: false)
        if client != nil, caller.role == .admin {
            fields.refuse("client_id", "not_allowed", "Only a trader makes a key for one client.")
        }
        return KeyLimits(scopes: scopes, expiresAt: expires, client: client.map { ClientID($0) })
    }

    private func listKeys(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin, .trader)
        let keys = try await stores.identities.apiKeys(caller.user)
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
            try await stores.identities.revokeAPIKey(
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
    fileprivate mutating func keyFields(_ apiKey: APIKey) {
        field("id", apiKey.id)
        field("name", apiKey.name)
        field("prefix", apiKey.prefix)
        field("created_at", TimestampText.text(apiKey.createdAt))
        key("scopes")
        beginArray()
        for scope in Scope.allCases where apiKey.limits.scopes.contains(scope) {
            string(scope.rawValue)
        }
        endArray()
        fieldOrNull("expires_at", apiKey.limits.expiresAt.map(TimestampText.text))
        fieldOrNull("client_id", apiKey.limits.client?.raw)
    }
}
