import BrokerKit
package import Desk
import JSON
import WebSocket

/// One account's order-update socket (dhan.md §7), as a source of hints that orders changed.
///
/// What it says is never booked: its hints lead to a look into the order book. Its login gets
/// no answer, and no document names a heartbeat, so the driver's own pings find a dead peer.
package struct DhanLiveOrderUpdate: Sendable {

    private let url: String
    private let session: BrokerSession
    private let clock: any Clock<Duration>

    /// The socket of one account at `url`, such as `wss://api-order-update.dhan.co`.
    package init(
        url: String,
        session: BrokerSession,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.url = url
        self.session = session
        self.clock = clock
    }

    /// Listens until the task is cancelled, and connects again whenever the connection ends.
    ///
    /// - Parameters:
    ///   - onHints: gets what a message speaks of.
    ///   - onConnected: hears of every login that was sent; orders may have changed unheard before.
    ///   - onLost: hears why a connection ended or did not come about, and how long the pause is.
    package func run(
        _ onHints: @Sendable ([BrokerHint]) async -> Void,
        onConnected: @Sendable () async -> Void = {},
        onLost: @Sendable (String, Duration) async -> Void = { _, _ in }
    ) async {
        await KeptConnection(clock: clock).run {
            await listen(onHints, onConnected)
        } lost: { why, pause in
            await onLost(why, pause)
        }
    }

    /// One connection, from its beginning to its end.
    private func listen(
        _ onHints: @Sendable ([BrokerHint]) async -> Void,
        _ onConnected: @Sendable () async -> Void
    ) async -> (heard: Bool, why: String) {
        var heard = false
        do {
            let socket = try await session.openSocket(url)
            try await socket.send(.text(login))
            await onConnected()
            let reader = DhanHints()
            for try await message in socket.messages {
                heard = true
                let hints = reader.hints(in: message.bytes)
                if !hints.isEmpty { await onHints(hints) }
            }
            return (heard, socket.closure.map { "closed with \($0.code)" } ?? "ended")
        } catch let failure as BrokerFailure {
            return (heard, failure.words)
        } catch {
            // The driver's errors tell neither the address nor what was sent.
            return (heard, "\(error)")
        }
    }

    private var login: String {
        var frame = JSONWriter()
        frame.beginObject()
        frame.key("LoginReq")
        frame.beginObject()
        frame.field("MsgCode", 42)
        frame.field("ClientId", session.brokerClientID)
        frame.field("Token", session.token.reveal())
        frame.endObject()
        frame.field("UserType", "SELF")
        frame.endObject()
        return String(decoding: frame.bytes, as: UTF8.self)
    }
}

extension WebSocketMessage {
    fileprivate var bytes: [UInt8] {
        switch self {
        case .text(let text): Array(text.utf8)
        case .binary(let bytes): bytes
        }
    }
}
