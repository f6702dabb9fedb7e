package import BrokerKit
package import Desk
import HTTPClient
import JSON
package import Trading
import WebSocket

/// One account's portfolio stream (upstox.md §7), as a source of hints that orders changed.
///
/// What it says is never booked: its hints lead to a look into the order book. A call with the
/// token gives the address of a socket that needs none, and each address is used once.
package struct UpstoxPortfolioStream: Sendable {
    private static let authorising =
        "/v2/feed/portfolio-stream-feed/authorize?update_types=order%2Cgtt_order"

    private let calls: BrokerCalls
    private let session: BrokerSession
    private let clock: any Clock<Duration>

    /// The stream of one account, by an address that `calls` to the reads' host ask for.
    package init(
        calls: BrokerCalls,
        session: BrokerSession,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.calls = calls
        self.session = session
        self.clock = clock
    }

    /// Listens until the task is cancelled, and connects again whenever the connection ends.
    package func run(_ listener: OrderStreamListener) async {
        await KeptConnection(clock: clock).run {
            await listen(listener)
        } lost: { why, pause in
            listener.lost(why, pause)
        }
    }

    /// One connection, from its beginning to its end.
    private func listen(_ listener: OrderStreamListener) async -> (heard: Bool, why: String) {
        var heard = false
        do {
            let socket = try await session.openSocket(
                try await UpstoxSocket.address(Self.authorising, by: calls, session)
            )
            listener.connected()
            let reader = UpstoxHints()
            for try await message in socket.messages {
                heard = true
                let hints = reader.hints(in: message.bytes)
                if !hints.isEmpty { listener.hinted(hints) }
            }
            return (heard, socket.closure.map { "closed with \($0.code)" } ?? "ended")
        } catch let failure as BrokerFailure {
            return (heard, failure.words)
        } catch {
            // The driver's errors do not tell the address, in which a secret stands.
            return (heard, "\(error)")
        }
    }
}

/// Upstox's portfolio streams, one for each account that is followed.
package struct UpstoxOrderStream: OrderStream {
    private let calls: BrokerCalls

    /// The streams at `url`, such as `wss://api.upstox.com`: where the same place answers over HTTP
    /// which socket an account may listen to.
    package init(url: String) {
        let base = url.hasPrefix("ws") ? "http" + url.dropFirst(2) : url
        calls = BrokerCalls(base: base, client: HTTPClient())
    }

    package var broker: BrokerName { .upstox }

    package func follow(_ session: BrokerSession, _ listener: OrderStreamListener) async {
        await UpstoxPortfolioStream(calls: calls, session: session).run(listener)
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
