import BrokerKit
import Desk
import HTTPClient
import JSON
import NATS
import Secrets

/// The way to Groww's socket (groww.md §7), which speaks NATS.
///
/// A call with the session's token gives one for the socket, made out to a key of our own: a new one
/// for each connection, so that nobody has to keep one.
struct GrowwSocket: Sendable {
    private static let asking = "/api/apex/v1/socket/token/create/"

    private let url: String
    private let broker: GrowwBroker

    /// The socket at `url`, such as `wss://socket-api.groww.in`, with tokens from where `calls` lead.
    init(url: String, calls: BrokerCalls) {
        self.url = url
        broker = GrowwBroker(calls: calls)
    }

    /// A connection that is let in and has subscribed.
    ///
    /// `subscribing` gets what the subjects of the account's own messages end with.
    func open(
        _ session: BrokerSession,
        subscribing: (_ own: String) -> [NATSSubscription] = { _ in [] }
    ) async throws -> NATSConnection {
        let key = NATSUserKey()
        let (token, own) = try await token(for: key, session)
        let socket = try await session.openSocket(url)
        return try await NATSConnection.open(
            over: socket,
            as: NATSIdentity(token: token, key: key),
            subscribing: subscribing(own)
        )
    }

    private func token(for key: NATSUserKey, _ session: BrokerSession)
        async throws(BrokerFailure) -> (RedactedString, own: String)
    {
        var body = JSONWriter()
        body.beginObject()
        body.field("socketKey", key.publicText)
        body.endObject()
        let reply = try await broker.calls.read(
            "POST",
            Self.asking,
            headers: broker.headers(session),
            body: body.bytes,
            egress: session.egress
        )
        let value = try GrowwErrors.bareOrPayload(of: reply)
        guard let token = value.text("token"), let own = value.text("subscriptionId") else {
            throw .unreachable("no token for the socket in the answer")
        }
        return (RedactedString(token), own)
    }
}
