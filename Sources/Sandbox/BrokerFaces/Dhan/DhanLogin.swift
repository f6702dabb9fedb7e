import Exchange
import HTTPServer
import JSON

/// The ways to a token (dhan.md §1). The login host's paths are under `/dhan` here.
///
/// Any TOTP, app id and secret will do if they have the right form, and any PIN where the account has
/// none: what is tested is who holds which token, and that the old one dies when a new one is made.
extension DhanFace {
    var loginRoutes: [HTTPRoute] {
        [
            HTTPRoute("POST", "/dhan/app/generateAccessToken", generateToken),
            HTTPRoute("POST", "/dhan/app/generate-consent", generateConsent),
            HTTPRoute("GET", "/dhan/login/consentApp-login") { logIn($0, "consentAppId") },
            HTTPRoute("GET", "/dhan/app/consumeApp-consent", consumeConsent),
            HTTPRoute("POST", "/dhan/app/consumeApp-consent", consumeConsent),
            HTTPRoute("POST", "/dhan/partner/generate-consent", generatePartnerConsent),
            HTTPRoute("GET", "/dhan/consent-login") { logIn($0, "consentId") },
            HTTPRoute("GET", "/dhan/partner/consume-consent", consumeConsent),
            HTTPRoute("POST", "/dhan/partner/consume-consent", consumeConsent),
            // The documents do not agree on the verb.
            route("GET", "/RenewToken", .other, Self.renew),
            route("POST", "/RenewToken", .other, Self.renew),
            route("GET", "/profile", .other, Self.profile),
        ]
    }

    /// Only a token that was made on the web page; how another is refused, no document says.
    private static let renew: Work = { call, world throws(DhanError) in
        guard world.clients[call.account].isTokenOfWeb else {
            throw .input("Only tokens generated from web can be renewed")
        }
        let reply = token(for: call.account, &world, at: call.now)
        world.clients[call.account].isTokenOfWeb = true
        return reply
    }

    private static let profile: Work = { call, world throws(DhanError) in
        let client = world.clients[call.account]
        let end = client.tokenExpiresAt ?? call.now.advanced(byMilliseconds: 86_400_000)
        let date = end.indianDate.split(separator: "-").reversed().joined(separator: "/")
        return FaceReply { writer in
            writer.beginObject()
            writer.field("dhanClientId", client.client)
            writer.field("tokenValidity", date + " " + end.indianTime.prefix(5))
            writer.field("activeSegment", "Equity, Derivative, Currency, Commodity")
            writer.field("ddpi", client.checksAuthorisation ? "Deactive" : "Active")
            writer.field("mtf", "Active")
            writer.field("dataPlan", "Active")
            writer.field("dataValidity", end.indianText + ".0")
            writer.endObject()
        }
    }

    @Sendable private func generateToken(_ request: HTTPServerRequest) -> HTTPServerResponse {
        floor.enter { world, now in
            guard let client = request.query("dhanClientId"), isNumber(request.query("pin"), 4...6),
                isNumber(request.query("totp"), 6...6)
            else { return DhanError.badInput.reply }
            guard let account = account(client, &world) else {
                return DhanError.authentication.reply
            }
            let known = world.clients[account]
            guard known.pin == nil || known.pin == request.query("pin") else {
                return Self.loginError("Invalid Pin")
            }
            if world.keepsLimits, let last = known.lastPINLogin,
                now < last.advanced(byMilliseconds: 120_000)
            {
                return Self.loginError("Token can be generated once every 2 minutes.")
            }
            world.clients[account].lastPINLogin = now
            return Self.token(for: account, &world, at: now, withMilliseconds: true)
        }
        .response
    }

    /// How the login host says no to a PIN: with status 200 and no code, as others have met it.
    private static func loginError(_ message: String) -> FaceReply {
        FaceReply { writer in
            writer.beginObject()
            writer.field("message", message)
            writer.field("status", "error")
            writer.endObject()
        }
    }

    /// At most 25 consents a day.
    @Sendable private func generateConsent(_ request: HTTPServerRequest) -> HTTPServerResponse {
        floor.enter { world, now in
            guard request.header("app_id") != nil, request.header("app_secret") != nil,
                let client = request.query("client_id"), let account = account(client, &world)
            else { return DhanError.authentication.reply }
            if world.clients[account].consentDay != now.indianDay {
                world.clients[account].consentDay = now.indianDay
                world.clients[account].consentsToday = 0
            }
            guard world.clients[account].consentsToday < 25 else {
                return DhanError.tooManyCalls.reply
            }
            world.clients[account].consentsToday += 1
            let id = world.nextSecret("consent")
            world.consents[id] = client
            return FaceReply { writer in
                writer.beginObject()
                writer.field("consentAppId", id)
                writer.field("consentAppStatus", "GENERATED")
                writer.field("status", "success")
                writer.endObject()
            }
        }
        .response
    }

    /// A partner's consent is for whichever client logs in: the browser step names it here.
    @Sendable private func generatePartnerConsent(
        _ request: HTTPServerRequest
    ) -> HTTPServerResponse {
        floor.enter { world, _ in
            guard request.header("partner_id") != nil, request.header("partner_secret") != nil
            else { return DhanError.authentication.reply }
            let id = world.nextSecret("consent")
            world.consents[id] = ""
            return FaceReply { writer in
                writer.beginObject()
                writer.field("consentId", id)
                writer.field("consentStatus", "GENERATED")
                writer.endObject()
            }
        }
        .response
    }

    /// Stands in for the broker's login page: sends the browser on with a token id.
    private func logIn(_ request: HTTPServerRequest, _ name: String) -> HTTPServerResponse {
        floor.enter { world, _ in
            guard let id = request.query(name), let kept = world.consents.removeValue(forKey: id)
            else { return DhanError.authentication.reply }
            let client = kept.isEmpty ? request.query("client_id") ?? "" : kept
            let tokenID = world.nextSecret("token")
            world.tokenIDs[tokenID] = client
            let target = request.query("redirect_url") ?? world.redirects[Self.name]
            return LoginForm.redirect(
                to: target ?? "http://127.0.0.1/",
                with: "tokenId=" + tokenID
            )
        }
        .response
    }

    @Sendable private func consumeConsent(_ request: HTTPServerRequest) -> HTTPServerResponse {
        floor.enter { world, now in
            let isApp = request.header("app_id") != nil && request.header("app_secret") != nil
            let isPartner =
                request.header("partner_id") != nil && request.header("partner_secret") != nil
            guard isApp || isPartner, let id = request.query("tokenId"),
                let client = world.tokenIDs.removeValue(forKey: id),
                let account = account(client, &world)
            else { return DhanError.authentication.reply }
            return Self.token(for: account, &world, at: now)
        }
        .response
    }

    private func account(_ client: String, _ world: inout World) -> Int? {
        if let known = world.account(face: Self.name, client: client) { return known }
        guard world.isOpenToAll, !client.isEmpty else { return nil }
        return world.open(face: Self.self, client: client, token: "")
    }

    private func isNumber(_ text: String?, _ digits: ClosedRange<Int>) -> Bool {
        guard let text else { return false }
        return digits.contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// A new token that lives for a day; the one before it is dead.
    private static func token(
        for account: Int,
        _ world: inout World,
        at now: Moment,
        withMilliseconds: Bool = false
    ) -> FaceReply {
        let client = world.clients[account].client
        let end = now.advanced(byMilliseconds: 86_400_000)
        let token = world.nextToken(client, end)
        world.setToken(token, expiresAt: end, of: account)
        world.clients[account].isTokenOfWeb = false
        return FaceReply { writer in
            writer.beginObject()
            writer.field("dhanClientId", client)
            writer.field("dhanClientName", "CLIENT \(client)")
            writer.field("dhanClientUcc", "UCC\(client)")
            writer.field("givenPowerOfAttorney", false)
            writer.field("accessToken", token)
            writer.field(
                "expiryTime",
                end.indianDate + "T" + end.indianTime + (withMilliseconds ? ".000" : "")
            )
            writer.endObject()
        }
    }
}
