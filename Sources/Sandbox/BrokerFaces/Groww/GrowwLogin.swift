import Exchange
import HTTPServer
import JSON

/// The ways to a token, and what the SDK asks for when it starts (groww.md §1).
///
/// The API key of a client is its id here, or that of its registered app, and any secret will do: what
/// is tested is who holds which token, and that the old one dies when a new one is made.
extension GrowwFace {
    /// For how long a checksum is good.
    private static let checksumSeconds: Int64 = 600

    var loginRoutes: [HTTPRoute] {
        [
            HTTPRoute("POST", Self.root + "/token/api/access") { request in
                let fields = FlatObject(request.body)
                return floor.enter { world, now in
                    do throws(GrowwError) {
                        return try makeToken(request, fields, &world, at: now)
                    } catch {
                        return Self.refusal(error)
                    }
                }
                .response
            },
            // Two lists without the envelope.
            HTTPRoute("GET", Self.root + "/changelog") { _ in
                FaceReply(Array(#"{"info":[],"warning":[]}"#.utf8)).response
            },
        ]
    }

    private func makeToken(
        _ request: HTTPServerRequest,
        _ fields: FlatObject?,
        _ world: inout World,
        at now: Moment
    ) throws(GrowwError) -> FaceReply {
        guard let key = Self.bearer(request), let account = account(ofKey: key, &world) else {
            throw .notAuthorised
        }
        guard let fields, isProof(fields, at: now) else {
            throw .badRequest("key_type, or what goes with it, is missing or invalid")
        }
        let end = Self.nextEnd(after: now)
        let token = world.nextSecret("groww")
        world.setToken(token, expiresAt: end, of: account)
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("token", token)
        writer.field("tokenRefId", world.nextSecret("ref"))
        writer.field("sessionName", "session-" + key)
        writer.field("expiry", end.growwText)
        writer.field("isActive", true)
        writer.endObject()
        return FaceReply(writer.bytes)
    }

    private func account(ofKey key: String, _ world: inout World) -> Int? {
        let client = world.apps[AppName(face: Self.name, key: key)]?.client ?? key
        if let known = world.account(face: Self.name, client: client) { return known }
        return world.isOpenToAll ? world.open(face: Self.self, client: key, token: "") : nil
    }

    /// The documents write the time as text, the SDK as a number.
    private func isProof(_ fields: FlatObject, at now: Moment) -> Bool {
        switch fields.text("key_type") {
        case "totp":
            let code = fields.text("totp") ?? ""
            return code.utf8.count == 6 && code.utf8.allSatisfy { (48...57).contains($0) }
        case "approval":
            let checksum = fields.text("checksum") ?? ""
            guard checksum.utf8.count == 64, checksum.allSatisfy(\.isHexDigit),
                let made = fields.text("timestamp").flatMap({ Int64($0) })
            else { return false }
            let seconds = now.microseconds / 1_000_000
            return (seconds - Self.checksumSeconds...seconds + Self.checksumSeconds).contains(made)
        default: return false
        }
    }

    /// Six in the morning, when every token ends.
    static func nextEnd(after now: Moment) -> Moment {
        let seconds = 21_600 - now.indianSecondOfDay
        return now.advanced(byMilliseconds: (seconds > 0 ? seconds : seconds + 86_400) * 1_000)
    }

    /// The SDK reads `displayMessage` here.
    private static func refusal(_ error: GrowwError) -> FaceReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.field("code", error.code)
        writer.field("displayMessage", error.message)
        writer.endObject()
        writer.endObject()
        return FaceReply(status: error.status, writer.bytes)
    }
}
