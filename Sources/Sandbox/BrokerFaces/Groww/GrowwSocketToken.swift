import Exchange
import HTTPServer
import JSON

/// What a client shows at the socket, given out for a key of its own making.
struct GrowwSocketToken: Sendable {
    let account: Int
    /// The session that it was asked for with: it ends with that.
    let session: String
    /// The client's public key, as it was spelled.
    let key: String
    /// What the subjects of the client's own messages end with.
    let subscription: String
}

/// The way to a token for the socket (groww.md §7).
extension GrowwFace {
    var socketRoutes: [HTTPRoute] {
        [
            route("POST", "/api/apex/v1/socket/token/create/") { call, world throws(GrowwError) in
                guard let key = call.fields?.text("socketKey") else {
                    throw .badRequest("socketKey is missing")
                }
                let subscription = world.nextSecret("sub")
                let token = Self.token(for: key, world.nextSecret("noise"))
                world.socketTokens[token] = GrowwSocketToken(
                    account: call.account,
                    session: world.clients[call.account].token,
                    key: key,
                    subscription: subscription
                )
                var writer = JSONWriter()
                writer.beginObject()
                writer.field("token", token)
                writer.field("subscriptionId", subscription)
                writer.endObject()
                return FaceReply(writer.bytes)
            }
        ]
    }

    /// Something that looks like the JWT of a NATS user; its signature is noise, and it is known again
    /// by the whole of it.
    private static func token(for key: String, _ noise: String) -> String {
        var claims = JSONWriter()
        claims.beginObject()
        claims.field("jti", noise)
        claims.field("iss", "SANDBOX")
        claims.field("sub", key)
        claims.key("nats")
        claims.beginObject()
        claims.field("type", "user")
        claims.field("version", 2)
        claims.endObject()
        claims.endObject()
        let header = #"{"typ":"JWT","alg":"ed25519-nkey"}"#
        return [Array(header.utf8), claims.bytes, Array(noise.utf8)].map(World.base64URL)
            .joined(separator: ".")
    }
}
