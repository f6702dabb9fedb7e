import Exchange
import HTTPServer
import JSON

/// The way to a token, and its end (upstox.md §1).
///
/// Any app id and secret will do but those of registered apps, and a code is of the app whose page gave
/// it: what is tested is who holds which token.
extension UpstoxFace {
    var loginRoutes: [HTTPRoute] {
        [
            HTTPRoute("GET", Self.root + "/v2/login/authorization/dialog", logIn),
            HTTPRoute("POST", Self.root + "/v2/login/authorization/token", makeToken),
            HTTPRoute("POST", Self.root + "/v3/login/auth/token/request/{app}", requestToken),
            route("DELETE", "/v2/logout") { call, world in
                Self.endToken(of: call.account, &world)
                return Self.success { $0.bool(true) }
            },
            route("GET", "/v2/user/ip", .other, Self.addresses),
            route("PUT", "/v2/user/ip", .other, Self.setAddresses),
        ]
    }

    /// Stands in for the broker's login page: sends the browser on with a code that works once.
    ///
    /// Who logs in is told by `user_id`, which the page asks the person for.
    @Sendable private func logIn(_ request: HTTPServerRequest) -> HTTPServerResponse {
        guard request.query("response_type") == "code", let app = request.query("client_id"),
            let target = request.query("redirect_uri"), leads(app, to: target)
        else { return UpstoxError.loginInput.reply.response }
        guard let client = request.query("user_id") else {
            return LoginForm.page(at: Self.name, asking: "user_id", keeping: request.query).response
        }
        let code = floor.enter { world, _ in
            let code = world.nextSecret("code")
            world.loginCodes[code] = LoginCode(client: client, app: app, redirect: target)
            return code
        }
        let state = request.query("state").map { "&state=" + $0 } ?? ""
        return LoginForm.redirect(to: target, with: "code=" + code + state).response
    }

    /// Whether an app's logins may lead there, as far as its place is registered.
    private func leads(_ app: String, to target: String) -> Bool {
        let known = floor.enter { world, _ in world.apps[AppName(face: Self.name, key: app)] }
        return known?.redirect.map { $0 == target } ?? true
    }

    /// The one answer without an envelope.
    @Sendable private func makeToken(_ request: HTTPServerRequest) -> HTTPServerResponse {
        let form = Self.form(request.body)
        return floor.enter { world, now in
            guard form["grant_type"] == "authorization_code", let app = form["client_id"],
                let secret = form["client_secret"], let target = form["redirect_uri"]
            else { return UpstoxError.credentials.reply }
            let known = world.apps[AppName(face: Self.name, key: app)]?.secret
            guard known ?? secret == secret else { return UpstoxError.credentials.reply }
            guard let code = form["code"].flatMap({ world.loginCodes.removeValue(forKey: $0) }),
                let account = Self.account(code.client, &world)
            else { return UpstoxError(100057, "Invalid Auth code", status: 401).reply }
            guard code.app == app, code.redirect == target else {
                return UpstoxError.loginInput.reply
            }
            let client = code.client
            let token = world.nextSecret("upstox")
            world.setToken(token, expiresAt: Self.tokenEnd(after: now), of: account)
            return FaceReply { writer in
                writer.beginObject()
                Self.particulars(of: client, &writer)
                writer.field("poa", false)
                writer.field("is_active", true)
                writer.field("access_token", token)
                writer.field("extended_token", world.nextSecret("extended"))
                writer.endObject()
            }
        }
        .response
    }

    static func account(_ client: String, _ world: inout World) -> Int? {
        if let known = world.account(face: name, client: client) { return known }
        guard world.isOpenToAll, !client.isEmpty else { return nil }
        return world.open(face: Self.self, client: client, token: "")
    }

    /// The next 03:30, whenever the token is made.
    static func tokenEnd(after now: Moment) -> Moment {
        let seconds = (12_600 - now.indianSecondOfDay + 86_400) % 86_400
        return now.advanced(byMilliseconds: (seconds == 0 ? 86_400 : seconds) * 1_000)
    }

    private static func endToken(of account: Int, _ world: inout World) {
        let none = world.nextSecret("ended")
        world.setToken(none, expiresAt: nil, of: account)
    }

    // MARK: Addresses

    private static let addresses: Work = { call, world in
        let client = world.clients[call.account]
        return success { addresses(of: client, &$0) }
    }

    private static func addresses(
        of client: ClientState,
        isChanged: Bool = false,
        _ writer: inout JSONWriter
    ) {
        let changed = client.addressChangedAt[name]?.indianText
        writer.beginObject()
        writer.fieldOrNull("primary_ip", client.primaryAddress)
        writer.fieldOrNull("secondary_ip", client.secondaryAddress)
        for name in ["primary_ip_updated_at", "secondary_ip_updated_at"] {
            writer.fieldOrNull(name, changed)
        }
        if isChanged { writer.field("access_tokens_invalidated", true) }
        writer.endObject()
    }

    /// Once in a week; every token of the client is dead after it.
    private static let setAddresses: Work = { call, world throws(UpstoxError) in
        guard let fields = call.fields, let primary = fields.text("primary_ip"),
            primary.contains(".") || primary.contains(":")
        else { throw UpstoxError(1182, "The primary IP is required") }
        let secondary = fields.text("secondary_ip")
        if secondary == primary { throw UpstoxError(1184, "The addresses should differ") }
        let week: Int64 = 7 * 86_400_000
        if let changed = world.clients[call.account].addressChangedAt[name],
            call.now < changed.advanced(byMilliseconds: week)
        {
            throw UpstoxError(1185, "The addresses can be changed once in a week")
        }
        world.clients[call.account].primaryAddress = primary
        world.clients[call.account].secondaryAddress = secondary
        world.clients[call.account].addressChangedAt[name] = call.now
        endToken(of: call.account, &world)
        let client = world.clients[call.account]
        return success { addresses(of: client, isChanged: true, &$0) }
    }

    // MARK: Forms

    /// The fields of `a=1&b=x%20y`.
    private static func form(_ body: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard parts.count == 2 else { continue }
            fields[decoded(parts[0])] = decoded(parts[1])
        }
        return fields
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
