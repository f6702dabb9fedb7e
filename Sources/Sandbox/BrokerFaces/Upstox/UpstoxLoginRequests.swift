import Exchange
import HTTPServer
import JSON

/// Tokens that the owner of an app is asked for in Upstox's own app (upstox.md §1, semi-automatic).
///
/// The owner's answer is given at `/control/login-approvals`.
extension UpstoxFace {
    /// An app that nobody has registered belongs to the client of its name, and sends tokens nowhere.
    @Sendable func requestToken(_ request: HTTPServerRequest) -> HTTPServerResponse {
        guard let key = request.pathParameters["app"],
            let secret = FlatObject(request.body)?.text("client_secret")
        else { return UpstoxError.credentials.reply.response }
        return floor.enter { world, now in
            let name = AppName(face: Self.name, key: key)
            var app =
                world.apps[name]
                ?? LoginApp(client: key, secret: nil, notifier: "http://127.0.0.1/")
            guard app.secret ?? secret == secret else { return UpstoxError.credentials.reply }
            app.isAsked = true
            world.apps[name] = app
            let end = Self.tokenEnd(after: now)
            return Self.success { writer in
                writer.beginObject()
                writer.field("authorization_expiry", String(end.microseconds / 1_000))
                writer.field("notifier_url", app.notifier ?? "")
                writer.endObject()
            }
        }
        .response
    }

    static func answer(
        _ key: String,
        isApproved: Bool,
        _ world: inout World,
        _ now: Moment
    ) -> Letter? {
        let name = AppName(face: Self.name, key: key)
        guard let app = world.apps[name], app.isAsked else { return nil }
        world.apps[name]?.isAsked = false
        guard isApproved, let notifier = app.notifier,
            let account = Self.account(app.client, &world)
        else { return nil }
        let token = world.nextSecret("upstox")
        let end = tokenEnd(after: now)
        world.setToken(token, expiresAt: end, of: account)
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("client_id", key)
        writer.field("user_id", app.client)
        writer.field("access_token", token)
        writer.field("token_type", "Bearer")
        writer.field("expires_at", String(end.microseconds / 1_000))
        writer.field("issued_at", String(now.microseconds / 1_000))
        writer.field("message_type", "access_token")
        writer.endObject()
        return Letter(url: notifier, body: writer.bytes)
    }
}
