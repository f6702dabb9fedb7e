import Exchange
import HTTPServer
import JSON

/// The way to a token, and the profile (kite.md §1). The login page's path is below the root here.
///
/// Any app will do that signs with the one secret, a registered one with its own; a request token is of
/// the app whose page gave it. What is tested is who holds which token, and that the old one dies when a
/// new one is made.
extension KiteFace {
    var sessionRoutes: [HTTPRoute] {
        [
            HTTPRoute("GET", Self.root + "/connect/login", logIn),
            HTTPRoute("POST", Self.root + "/session/token", makeToken),
            HTTPRoute("POST", Self.root + "/session/refresh_token") { _ in
                // For approved platforms only.
                KiteError(
                    status: 403,
                    type: "PermissionException",
                    message: "Refresh tokens are not enabled for this app."
                )
                .reply.response
            },
            route("DELETE", "/session/token") { call, world throws(KiteError) in
                let pair = [call.request.query("api_key"), call.request.query("access_token")]
                guard pair.compactMap(\.self).joined(separator: ":") == world.token(of: call) else {
                    throw .authentication
                }
                let gone = world.nextSecret("ended")
                world.setToken(gone, expiresAt: call.now, of: call.account)
                return .success { $0.bool(true) }
            },
            route("GET", "/user/profile", .other, Self.profile),
            route("GET", "/user/profile/full", .other, Self.profile),
        ]
    }

    /// Stands in for the login page, where the client has typed in who he is.
    @Sendable private func logIn(_ request: HTTPServerRequest) -> HTTPServerResponse {
        floor.enter { world, _ in
            guard request.query("v") == "3", let key = request.query("api_key") else {
                return KiteError.input("Missing or empty field").reply
            }
            guard let client = request.query("client_id") else {
                return LoginForm.page(at: Self.name, asking: "client_id", keeping: request.query)
            }
            let token = world.nextSecret("request")
            let app = world.apps[AppName(face: Self.name, key: key)]
            let target =
                request.query("redirect_url") ?? app?.redirect ?? world.redirects[Self.name]
                ?? "http://127.0.0.1/"
            world.loginCodes[token] = LoginCode(client: client, app: key, redirect: target)
            // What the app wants back stands before what Kite adds.
            let wanted = request.query("redirect_params").map { $0 + "&" } ?? ""
            return LoginForm.redirect(
                to: target,
                with: wanted + "action=login&type=login&status=success&request_token=" + token
            )
        }
        .response
    }

    @Sendable private func makeToken(_ request: HTTPServerRequest) -> HTTPServerResponse {
        floor.enter { world, now in
            guard let form = KiteForm(request.body), let key = form.text("api_key"),
                let token = form.text("request_token"), let checksum = form.text("checksum")
            else { return KiteError.input("Missing or empty field").reply }
            let secret = world.apps[AppName(face: Self.name, key: key)]?.secret ?? Self.apiSecret
            guard checksum == KiteDigest.sha256(key + token + secret) else {
                return KiteError(
                    status: 403,
                    type: "TokenException",
                    message: "Invalid `checksum`."
                )
                .reply
            }
            // It works once.
            guard let code = world.loginCodes.removeValue(forKey: token), code.app == key,
                let account = account(code.client, &world)
            else {
                return KiteError(
                    status: 403,
                    type: "TokenException",
                    message: "Token is invalid or has expired."
                )
                .reply
            }
            let client = code.client
            let access = world.nextSecret("access")
            world.setToken(key + ":" + access, expiresAt: Self.ending(after: now), of: account)
            return .success { writer in
                writer.beginObject()
                Self.person(client, &writer)
                writer.field("api_key", key)
                writer.field("access_token", access)
                writer.field("public_token", world.clients[account].client + "-public")
                writer.field("enctoken", "")
                writer.field("refresh_token", "")
                writer.field("silo", "")
                writer.field("login_time", now.indianText)
                writer.endObject()
            }
        }
        .response
    }

    private func account(_ client: String, _ world: inout World) -> Int? {
        if let known = world.account(face: Self.name, client: client) { return known }
        guard world.isOpenToAll else { return nil }
        return world.open(face: Self.self, client: client, token: "")
    }

    /// Six in the morning of the next Indian day.
    private static func ending(after now: Moment) -> Moment {
        let left = 86_400 - now.indianSecondOfDay + 6 * 3_600
        return now.advanced(byMilliseconds: left * 1_000)
    }

    private static let profile: Work = { call, world in
        let client = world.clients[call.account]
        return .success { writer in
            writer.beginObject()
            person(client.client, hasMandate: !client.checksAuthorisation, &writer)
            writer.endObject()
        }
    }

    private static func person(
        _ client: String,
        hasMandate: Bool = true,
        _ writer: inout JSONWriter
    ) {
        writer.field("user_id", client)
        writer.field("user_type", "individual")
        writer.field("email", client + "@example.com")
        writer.field("user_name", "Client " + client)
        writer.field("user_shortname", client)
        writer.field("broker", "ZERODHA")
        for (name, words) in [
            ("exchanges", ["NSE", "BSE", "NFO"]), ("products", ["CNC", "NRML", "MIS", "MTF"]),
            ("order_types", ["MARKET", "LIMIT", "SL", "SL-M"]),
        ] {
            writer.key(name)
            writer.beginArray()
            for word in words { writer.string(word) }
            writer.endArray()
        }
        writer.fieldOrNull("avatar_url", nil as String?)
        writer.key("meta")
        writer.beginObject()
        writer.field("demat_consent", hasMandate ? "consent" : "")
        writer.endObject()
    }
}

extension World {
    fileprivate func token(of call: FaceCall) -> String { clients[call.account].token }
}
