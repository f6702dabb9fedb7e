package import BrokerKit
package import Desk
import NATS
package import Trading
import WebSocket

/// Groww's order updates (groww.md §7), one connection for each account that is followed.
///
/// What they say is never booked: it leads to a look into the books. What was said while nobody
/// listened is not said again, so `connected` is told once Groww has taken the subscriptions: from
/// then on everything is heard, and what was before is looked at.
package struct GrowwOrderStream: OrderStream {
    /// What the subjects begin with: of shares, and of derivatives.
    private static let subjects = ["stocks/order/updates.apex.", "stocks_fo/order/updates.apex."]

    private let socket: GrowwSocket
    private let kept: KeptConnection

    /// The stream at `url`, such as `wss://socket-api.groww.in`, with tokens from where `calls` lead.
    package init(
        url: String,
        calls: BrokerCalls,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        socket = GrowwSocket(url: url, calls: calls)
        kept = KeptConnection(clock: clock)
    }

    package var broker: BrokerName { .groww }

    package func follow(_ session: BrokerSession, _ listener: OrderStreamListener) async {
        await kept.run {
            await listen(session, listener)
        } lost: { why, pause in
            listener.lost(why, pause)
        }
    }

    /// One connection, from its beginning to its end.
    private func listen(_ session: BrokerSession, _ listener: OrderStreamListener) async
        -> (heard: Bool, why: String)
    {
        // That the subscriptions were taken proves that the session is good.
        var heard = false
        do {
            let connection = try await socket.open(session) { own in
                Self.subjects.enumerated().compactMap { place, subject in
                    NATSSubscription(subject + own, id: Int64(place + 1))
                }
            }
            heard = true
            listener.connected()
            let reader = GrowwHints(client: session.brokerClientID)
            for try await message in connection.messages {
                let hints = reader.hints(in: message.payload)
                if !hints.isEmpty { listener.hinted(hints) }
            }
            return (heard, connection.closure.map { "closed with \($0.code)" } ?? "ended")
        } catch let failure as BrokerFailure {
            return (heard, failure.words)
        } catch {
            // The drivers' errors tell neither the token nor what was sent.
            return (heard, "\(error)")
        }
    }
}
