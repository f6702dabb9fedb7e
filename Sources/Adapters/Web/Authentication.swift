import Desk
import HTTPServer
import JSON
import Secrets
import Trading

/// Who is calling: a bearer token from the login, or an API key.
struct Authentication: Sendable {
    let identities: any IdentityStore
    let logins: any LoginStore
    let signer: JWTSigner
    let clock: any WallClock
    private let recent = RefreshedCopies<String, Identity>(limit: 10_000)
    /// For reads alone: what was revoked elsewhere may go on reading for so long, and do nothing.
    private static let recentAge: Duration = .seconds(1)

    init(
        identities: any IdentityStore,
        logins: any LoginStore,
        signer: JWTSigner,
        clock: any WallClock
    ) {
        self.identities = identities
        self.logins = logins
        self.signer = signer
        self.clock = clock
    }

    /// How long an access token lasts; the login behind it is refreshed for longer.
    static let lifetime: Int64 = 3_600
    /// API keys begin with this, so that a leaked one can be recognised.
    static let keyPrefix = "vk_"

    /// The caller who was let in, and must have one of these roles.
    func caller(_ request: HTTPServerRequest, _ roles: Role...) async throws -> Identity {
        guard let identity = Admission.caller else { throw Problem.notLoggedIn }
        guard roles.isEmpty || roles.contains(identity.role) else { throw Problem.notAllowed }
        return identity
    }

    /// Who it is that calls.
    ///
    /// With `isPolled`, for reads that are asked again and again, whoever was found good within the
    /// last second is believed.
    func identify(_ request: HTTPServerRequest, isPolled: Bool) async throws -> Identity {
        let key = request.header("x-api-key")
        let bearer = request.header("authorization").flatMap { header in
            header.lowercased().hasPrefix("bearer ") ? String(header.dropFirst(7)) : nil
        }
        guard let credential = key ?? bearer, !credential.isEmpty, credential.utf8.count <= 4_096
        else { throw Problem.notLoggedIn }
        guard isPolled else { return try await find(credential).value }
        return try await recent.value(credential) { try await find(credential) }
    }

    /// Looks up everybody anew, since somebody's rights have changed.
    func forgetRecentCallers() { recent.forget() }

    /// The caller, who may be believed for as long as the credential lasts, and `recentAge` at most.
    private func find(_ credential: String) async throws
        -> RefreshedCopies<String, Identity>.Reading
    {
        if credential.hasPrefix(Self.keyPrefix) {
            let hash = Tokens.sha256(Array(credential.utf8))
            guard let identity = try await identities.identity(apiKeyHash: hash) else {
                throw Problem.notLoggedIn
            }
            return .init(value: identity, age: Self.recentAge)
        }
        // The login is looked up each time: one that was ended ends at once.
        guard let (user, session, lasts) = try login(of: credential),
            let identity = try await logins.identity(session: session), identity.user == user
        else { throw Problem.notLoggedIn }
        return .init(value: identity, age: min(lasts, Self.recentAge))
    }

    private func login(of token: String) throws -> (UserID, LoginSessionID, lasts: Duration)? {
        let now = clock.now().microseconds / 1_000_000
        do {
            let claims = try JSONValue(parsing: signer.verify(token, now: now))
            guard let user = claims["sub"]?.string.flatMap({ Int64($0) }),
                let session = claims["sid"]?.int64, let end = claims["exp"]?.int64
            else { return nil }
            return (UserID(user), LoginSessionID(session), .seconds(end - now))
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
    func token(for identity: Identity, in session: LoginSession) -> String {
        let now = clock.now().microseconds / 1_000_000
        var claims = JSONWriter()
        claims.beginObject()
        claims.field("sub", identity.user.description)
        claims.field("sid", session.id.raw)
        claims.field("iat", now)
        let end = session.endsAt.microseconds / 1_000_000
        claims.field("exp", min(now + Self.lifetime, end))
        claims.endObject()
        return signer.sign(claims.bytes)
    }
}
