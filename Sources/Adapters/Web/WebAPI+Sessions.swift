import Desk
import HTTPServer
import JSON
import Secrets
import Trading

extension WebAPI {
    /// The caller's own logins, and the password.
    var sessionRoutes: [HTTPRoute] {
        [
            route("GET", "/api/v1/sessions") { try await listSessions($0) },
            route("DELETE", "/api/v1/sessions/{id}") { try await endSession($0) },
            route("DELETE", "/api/v1/sessions") { try await endSessions($0) },
            route("GET", "/api/v1/users/{id}/sessions") { try await listSessionsOfUser($0) },
            route("DELETE", "/api/v1/users/{id}/sessions") { try await endSessionsOfUser($0) },
            route("DELETE", "/api/v1/users/{id}/sessions/{session}") { request in
                let (caller, user) = try await otherUser(request)
                try await end(
                    try request.id("session", of: LoginSessionID.self),
                    of: user,
                    by: caller,
                    request
                )
                return .noContent
            },
            route("POST", "/api/v1/logout") { try await logOut($0) },
            route("POST", "/api/v1/password") { try await changePassword($0) },
        ]
    }

    /// Who may see and end the user's logins: a key that is for one client alone is not the user.
    private func person(_ request: HTTPServerRequest) async throws -> Identity {
        let caller = try await authentication.caller(request)
        guard caller.session != nil || caller.client == nil else { throw Problem.notAllowed }
        return caller
    }

    private func listSessions(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await person(request)
        return Self.list(try await stores.logins.loginSessions(of: caller.user), for: caller)
    }

    private static func list(_ found: [LoginSession], for caller: Identity) -> HTTPServerResponse {
        .json { body in
            body.beginObject()
            body.key("sessions")
            body.beginArray()
            for session in found {
                body.beginObject()
                body.field("id", session.id.raw)
                body.field("is_current", session.id == caller.session)
                body.field("created_at", TimestampText.text(session.createdAt))
                body.field("refreshed_at", TimestampText.text(session.refreshedAt))
                body.field("ends_at", TimestampText.text(session.endsAt))
                body.fieldOrNull("address", session.address)
                body.fieldOrNull("agent", session.agent)
                body.endObject()
            }
            body.endArray()
            body.endObject()
        }
    }

    private func endSession(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await person(request)
        let id = try request.id("id", of: LoginSessionID.self)
        try await end(id, of: caller.user, by: caller, request)
        return .noContent
    }

    private func logOut(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        guard let session = caller.session else {
            throw Problem(409, "no_session", "An API key has no login to end; revoke the key.")
        }
        try await end(session, of: caller.user, by: caller, request)
        return .noContent
    }

    private func end(
        _ session: LoginSessionID,
        of user: UserID,
        by caller: Identity,
        _ request: HTTPServerRequest
    ) async throws {
        let actor = Actor(user: caller.user, address: request.remoteAddress)
        guard try await stores.logins.endSession(session, of: user, by: actor) else {
            throw Problem.notFound
        }
        authentication.forgetRecentCallers()
    }

    /// Everywhere, this login included unless `?keep_current=true`.
    private func endSessions(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await person(request)
        let kept = request.query("keep_current") == "true" ? caller.session : nil
        return try await endSessions(of: caller.user, except: kept, by: caller, request)
    }

    private func endSessions(
        of user: UserID,
        except kept: LoginSessionID?,
        by caller: Identity,
        _ request: HTTPServerRequest
    ) async throws -> HTTPServerResponse {
        let ended = try await stores.logins.endSessions(
            of: user,
            except: kept,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        authentication.forgetRecentCallers()
        return .json { body in
            body.beginObject()
            body.field("ended", ended)
            body.endObject()
        }
    }

    /// An admin, and the user whose logins are asked about.
    private func otherUser(_ request: HTTPServerRequest) async throws -> (Identity, UserID) {
        let caller = try await authentication.caller(request, .admin)
        let user = try request.id("id", of: UserID.self)
        guard try await stores.identities.identity(user) != nil else { throw Problem.notFound }
        return (caller, user)
    }

    private func listSessionsOfUser(_ request: HTTPServerRequest) async throws
        -> HTTPServerResponse
    {
        let (caller, user) = try await otherUser(request)
        return Self.list(try await stores.logins.loginSessions(of: user), for: caller)
    }

    private func endSessionsOfUser(_ request: HTTPServerRequest) async throws
        -> HTTPServerResponse
    {
        let (caller, user) = try await otherUser(request)
        return try await endSessions(of: user, except: nil, by: caller, request)
    }

    private func changePassword(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        var fields = try Fields(of: request)
        let old = fields.text("password", limit: Passwords.longest)
        let new = fields.text("new_password", limit: Passwords.longest)
        if let new, new.count < 10 {
            fields.refuse(
                "new_password",
                "too_short",
                "new_password must have at least 10 characters."
            )
        }
        try fields.finish()
        guard let old, let new else { throw Problem.notAllowed }
        try await prove(old, of: caller, request)
        try await stores.logins.setPassword(
            try await Passwords.hash(new, cost: passwordCost),
            of: caller.user,
            keeping: caller.session,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        authentication.forgetRecentCallers()
        return .noContent
    }

    /// Refuses unless this is the caller's password, with a code where one is to be shown too, and slows
    /// down whoever guesses.
    func prove(
        _ password: String,
        _ proof: SecondProof? = nil,
        of caller: Identity,
        _ request: HTTPServerRequest
    ) async throws {
        var tries = LoginGuesses(stores.logins, address: request.remoteAddress, email: caller.email)
        try await tries.take()
        guard let hash = try await stores.logins.passwordHash(of: caller.user),
            await Passwords.verify(password, against: hash)
        else {
            try await tries.fail(.password, of: caller.user, isLoggedIn: true)
            throw Problem(403, "wrong_password", "The password is wrong.")
        }
        if let proof { try await check(proof, of: caller, tries, request, isLoggedIn: true) }
        try await tries.forgive()
    }
}
