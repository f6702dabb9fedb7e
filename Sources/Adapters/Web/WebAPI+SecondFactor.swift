import Desk
import HTTPServer
import JSON
import Secrets
import Telemetry
import Trading

extension WebAPI {
    /// One-time codes as a second factor: set up, confirmed by a first code, taken away.
    var secondFactorRoutes: [HTTPRoute] {
        [
            route("POST", "/api/v1/second-factor") { try await setUp($0) },
            route("POST", "/api/v1/second-factor/confirm") { try await confirm($0) },
            route("DELETE", "/api/v1/second-factor") { try await remove($0) },
            route("DELETE", "/api/v1/users/{id}/second-factor") { try await reset($0) },
        ]
    }

    private static let recoveryCodes = 10

    /// What is shown beside the password.
    struct SecondProof: Sendable {
        let code: String?
        let recovery: String?
    }

    /// Whether this caller must have a second factor before anything else.
    func mustSetUpSecondFactor(_ identity: Identity) -> Bool {
        requiresSecondFactor && identity.role != .client && !identity.hasSecondFactor
    }

    /// Refuses unless the proof is right, where the user has a second factor.
    func check(
        _ proof: SecondProof,
        of identity: Identity,
        _ tries: LoginGuesses,
        _ request: HTTPServerRequest,
        isLoggedIn: Bool = false
    ) async throws {
        guard let factor = try await stores.logins.secondFactor(of: identity.user),
            factor.isConfirmed
        else { return }
        let isRight: Bool
        if let recovery = proof.recovery {
            isRight = try await stores.logins.useRecoveryCode(
                Self.hash(ofRecoveryCode: recovery),
                of: identity.user,
                by: Actor(user: identity.user, address: request.remoteAddress)
            )
        } else if let code = proof.code {
            isRight = try await use(code, factor, of: identity.user)
        } else {
            // The password was right, so nothing was guessed; and it forgives no wrong code.
            try await tries.giveBack()
            throw Problem(
                401,
                "second_factor_required",
                "Send the code of your authenticator too, or a recovery code."
            )
        }
        guard isRight else {
            logger.notice("a second factor failed", [LogField("user", identity.user)])
            try await tries.fail(.code, of: identity.user, isLoggedIn: isLoggedIn)
            throw Problem(401, "wrong_code", "The code is wrong, or was used before.")
        }
    }

    private func use(_ code: String, _ factor: SecondFactor, of user: UserID) async throws -> Bool {
        guard let step = step(of: code, factor) else { return false }
        return try await stores.logins.useStep(step, of: user)
    }

    private func step(of code: String, _ factor: SecondFactor) -> Int64? {
        guard let key = Tokens.fromBase64URL(factor.secret.reveal()) else { return nil }
        let now = clock.now().microseconds / 1_000_000
        return OneTimeCodes(key: key).step(of: code, at: now, after: factor.usedStep)
    }

    private func setUp(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        var fields = try Fields(of: request)
        let password = fields.text("password", limit: Passwords.longest)
        try fields.finish()
        try await prove(password ?? "", of: caller, request)
        let key = OneTimeCodes.newKey()
        let isStored = try await stores.logins.setUpSecondFactor(
            Secret(Tokens.base64URL(key)),
            of: caller.user,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        guard isStored else {
            throw Problem(409, "second_factor_there", "There is one already; take it away first.")
        }
        let secret = Base32.text(key)
        let label = caller.email.filter {
            $0.isASCII && ($0.isLetter || $0.isNumber || "@.-_".contains($0))
        }
        return .json(headers: [("Cache-Control", "no-store")]) { body in
            body.beginObject()
            body.field("secret", secret)
            body.field(
                "uri",
                "otpauth://totp/Volley:\(label)?secret=\(secret)&issuer=Volley&digits=6&period=30"
            )
            body.endObject()
        }
    }

    private func confirm(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        var fields = try Fields(of: request)
        let code = fields.text("code", limit: 20)
        try fields.finish()
        var tries = LoginGuesses(stores.logins, address: request.remoteAddress, email: caller.email)
        try await tries.take()
        guard let factor = try await stores.logins.secondFactor(of: caller.user),
            !factor.isConfirmed
        else {
            throw Problem(409, "nothing_to_confirm", "Set a second factor up first.")
        }
        guard let step = step(of: code ?? "", factor) else {
            try await tries.fail(.code, of: caller.user, isLoggedIn: true)
            throw Problem(403, "wrong_code", "The code is wrong; is the clock right?")
        }
        let codes = (0..<Self.recoveryCodes).map { _ in
            Base32.text(Tokens.random(bytes: 10))
        }
        let isConfirmed = try await stores.logins.confirmSecondFactor(
            of: caller.user,
            step: step,
            recovery: codes.map(Self.hash(ofRecoveryCode:)),
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        guard isConfirmed else {
            throw Problem(409, "nothing_to_confirm", "Set a second factor up first.")
        }
        try await tries.forgive()
        authentication.forgetRecentCallers()
        return .json(headers: [("Cache-Control", "no-store")]) { body in
            body.beginObject()
            body.key("recovery_codes")
            body.beginArray()
            for code in codes { body.string(code) }
            body.endArray()
            body.endObject()
        }
    }

    private func remove(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request)
        var fields = try Fields(of: request)
        let (password, proof) = Self.proof(&fields)
        try fields.finish()
        try await prove(password, proof, of: caller, request)
        try await stores.logins.removeSecondFactor(
            of: caller.user,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        authentication.forgetRecentCallers()
        return .noContent
    }

    /// An admin takes away what somebody has lost, and must prove to be that admin as for the own one.
    ///
    /// Whoever holds the lost device may be logged in with it: all logins of that user end.
    private func reset(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let caller = try await authentication.caller(request, .admin)
        let user = try request.id("id", of: UserID.self)
        guard let found = try await stores.identities.identity(user) else { throw Problem.notFound }
        guard user != caller.user else {
            throw Problem(
                409,
                "own_second_factor",
                "This is your own: DELETE /api/v1/second-factor, or let another admin reset it."
            )
        }
        var fields = try Fields(of: request)
        let (password, proof) = Self.proof(&fields)
        let reason = fields.text("reason", limit: 500)
        try fields.finish()
        guard let reason else { throw Problem.notAllowed }
        try await prove(password, proof, of: caller, request)
        let ended = try await stores.logins.resetSecondFactor(
            of: user,
            why: reason,
            by: Actor(user: caller.user, address: request.remoteAddress)
        )
        guard let ended else {
            throw Problem(409, "no_second_factor", "This user has no second factor.")
        }
        authentication.forgetRecentCallers()
        logger.notice(
            "a second factor was reset",
            [LogField("user", found.user), LogField("by", caller.user)]
        )
        return .json { body in
            body.beginObject()
            body.field("ended", ended)
            body.endObject()
        }
    }

    /// Password, and a code or recovery code, as a body has them.
    private static func proof(_ fields: inout Fields) -> (password: String, SecondProof) {
        let password = fields.text("password", limit: Passwords.longest)
        let code = fields.text("code", limit: 20, required: false)
        let recovery = fields.text("recovery_code", limit: 60, required: false)
        return (password ?? "", SecondProof(code: code, recovery: recovery))
    }

    /// However it is spelled: people type them from paper.
    private static func hash(ofRecoveryCode code: String) -> [UInt8] {
        Tokens.sha256(Array(code.uppercased().filter { $0.isLetter || $0.isNumber }.utf8))
    }
}
