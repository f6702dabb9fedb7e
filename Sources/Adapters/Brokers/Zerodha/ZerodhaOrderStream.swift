import BrokerKit
package import Desk
package import Trading
import WebSocket

/// The ticker as a stream of order changes (kite.md §7), one connection for each account.
///
/// Kite sends text frames of all the user's orders on it, whatever is subscribed. What they say is
/// never booked: a reference leads to a look into the books.
package struct ZerodhaOrderStream: OrderStream {

    private let url: String
    private let clock: any Clock<Duration>

    /// The ticker at `url`, such as `wss://ws.kite.trade`.
    package init(url: String, clock: any Clock<Duration> = ContinuousClock()) {
        self.url = url
        self.clock = clock
    }

    package var broker: BrokerName { .zerodha }

    package func follow(_ session: BrokerSession, _ listener: OrderStreamListener) async {
        await KeptConnection(clock: clock).run {
            await listen(session, listener)
        } lost: { why, pause in
            listener.lost(why, pause)
        }
    }

    /// One connection, from its beginning to its end.
    private func listen(_ session: BrokerSession, _ listener: OrderStreamListener) async
        -> (heard: Bool, why: String)
    {
        guard let address = ZerodhaTicker.address(url, of: session) else {
            return (false, "the session's token is no pair of key and token")
        }
        var heard = false
        do {
            let headers = [("X-Kite-Version", "3")]
            let socket = try await session.openSocket(address, headers: headers)
            listener.connected()
            let reader = ZerodhaHints()
            for try await message in socket.messages {
                heard = true
                // Binary frames are ticks and heartbeats.
                guard case .text(let text) = message else { continue }
                let hints = reader.hints(in: Array(text.utf8))
                if !hints.isEmpty { listener.hinted(hints) }
            }
            return (heard, socket.closure.map { "closed with \($0.code)" } ?? "ended")
        } catch let failure as BrokerFailure {
            return (heard, failure.words)
        } catch {
            // The driver's errors do not tell the address, which holds the token.
            return (heard, "\(error)")
        }
    }
}
