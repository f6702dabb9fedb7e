import BrokerKit
package import Desk
import JSON
import Trading

/// Session: is the token good, and until when (kite.md §1).
extension ZerodhaBroker {
    package func check(_ session: BrokerSession) async throws(BrokerFailure) -> SessionCheck {
        let profile = try await read("/user/profile", session)
        guard profile.text("user_id") == session.brokerClientID else {
            throw .sessionEnded("the token belongs to another client")
        }
        return SessionCheck(ends: clock.map { Self.sessionEnd(after: $0.now()) })
    }

    /// Tokens die at 06:00 in India, whenever they were made.
    static func sessionEnd(after now: Timestamp) -> Timestamp {
        let day: Int64 = 86_400_000_000
        // 06:00 in India is 00:30 in UTC.
        let ending: Int64 = 1_800_000_000
        let sinceEnding = (now.microseconds - ending) % day
        return Timestamp(microseconds: now.microseconds - sinceEnding + day)
    }
}
