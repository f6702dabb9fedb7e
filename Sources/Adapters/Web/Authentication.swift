import Desk
import HTTPServer
import JSON
import Secrets
import Trading

/// Who is calling: a bearer token from the login, or an API key.
struct Authentication: Sendable {
    let identities: any IdentityStore
    let signer: JWTSigner
    let clock: any WallClock
    private let recent = RecentCallers()

    init(identities: any IdentityStore, signer: JWTSigner, clock: any WallClock) {
        self.identities = identities
        self.signer = signer
        self.clock = clock
    }

    /// How long a login lasts.
    static let lifetime: Int64 = 8 * 3_600
    /// API keys begin with this, so that a leaked one can be recognised.
    static let keyPrefix = "vk_"

    /// The caller, who must have one of these roles.
    func caller(_ request: HTTPServerRequest, _ roles: Role...) async throws -> Identity {
        let identity = try await caller(request)
        guard roles.isEmpty || roles.contains(identity.role) else { throw Problem.notAllowed }
        return identity
    }

    /// The same for reads that are asked again and again: whoever was found good within the last
    /// second is believed.
    func recentCaller(_ request: HTTPServerRequest, _ roles: Role...) async throws -> Identity {
        let words = request.header("x-api-key") ?? request.header("authorization") ?? ""
        let identity: Identity
        if let known = recent.identity(words) {
            identity = known
        } else {
            let found = try await find(request)
            recent.remember(found.identity, words, for: found.lasts)
            identity = found.identity
        }
        guard roles.isEmpty || roles.contains(identity.role) else { throw Problem.notAllowed }
        return identity
    }

    /// Looks up everybody anew, since somebody's rights have changed.
    func forgetRecentCallers() { recent.forget() }

    private func caller(_ request: HTTPServerRequest) async throws -> Identity {
        try await find(request).identity
    }

    /// The caller, and for how long the credential lasts at the least.
    private func find(_ request: HTTPServerRequest) async throws -> (
        identity: Identity, lasts: Duration
    ) {
        let key = request.header("x-api-key")
        let bearer = request.header("authorization").flatMap { header in
            header.lowercased().hasPrefix("bearer ") ? String(header.dropFirst(7)) : nil
        }
        guard let credential = key ?? bearer, !credential.isEmpty, credential.utf8.count <= 4_096
        else { throw Problem.notLoggedIn }
        if credential.hasPrefix(Self.keyPrefix) {
            let hash = Tokens.sha256(Array(credential.utf8))
            guard let identity = try await identities.identity(apiKeyHash: hash) else {
                throw Problem.notLoggedIn
            }
            return (identity, RecentCallers.age)
        }
        guard let (user, lasts) = try user(of: credential),
            let identity = try await identities.identity(user)
        else { throw Problem.notLoggedIn }
        return (identity, lasts)
    }

    private func user(of token: String) throws -> (UserID, lasts: Duration)? {
        let now = clock.now().microseconds / 1_000_000
        do {
            let claims = try JSONValue(parsing: signer.verify(token, now: now))
            guard let user = claims["sub"]?.string.flatMap({ Int64($0) }),
                let end = claims["exp"]?.int64
            else { return nil }
            return (UserID(user), .seconds(end - now))
        } catch JWTFailure.expired {
            throw Problem(
                401,
                "login_expired",
                "The login has expired; log in again.",
                headers: [("WWW-Authenticate", "Bearer error=\"invalid_token\"")]
            )
        } catch {
            return nil
        }
    }

    /// A bearer token for a user who has just proved to be one.
    func token(for identity: Identity) -> String {
        let now = clock.now().microseconds / 1_000_000
        var claims = JSONWriter()
        claims.beginObject()
        claims.field("sub", identity.user.description)
        claims.field("role", identity.role.rawValue)
        claims.field("iat", now)
        claims.field("exp", now + Self.lifetime)
        claims.endObject()
        return signer.sign(claims.bytes)
    }
}
