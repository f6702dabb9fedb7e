import BrokerKit
package import Desk
import JSON
import Trading

/// Webhook and portfolio stream (upstox.md §7): the same message, and neither is trusted.
///
/// A GTT order tells of itself; an order that came of one carries no tag.
package struct UpstoxHints: HintReader {
    package init() {}

    package func hints(in message: [UInt8]) -> [BrokerHint] {
        guard let update = try? JSONValue(parsing: message) else { return [] }
        switch update.text("update_type") {
        case "order": return Self.hints(of: update)
        case "gtt_order":
            guard let id = update.text("gtt_order_id"), Self.mayBeOurs(id) else { return [] }
            return [.conditional(id)]
        default: return []
        }
    }

    private static func hints(of update: JSONValue) -> [BrokerHint] {
        guard let tag = update.text("tag"), !tag.isEmpty else { return foreign(update) }
        guard mayBeOurs(tag) else { return [] }
        // That an order waits is no news: it was sent to wait.
        let filled = update.quantity("filled_quantity") ?? .zero
        switch update.text("status").flatMap({ UpstoxWords.status($0, filled: filled) }) {
        case .inTransit, .open: return []
        case .partlyFilled, .filled, .cancelled, .rejected, .expired, nil: return [.order(tag)]
        }
    }

    private static func foreign(_ update: JSONValue) -> [BrokerHint] {
        guard let client = update.text("user_id") ?? update.text("userId"),
            let code = (update.text("instrument_token") ?? update.text("instrument_key"))?
                .split(separator: "|").last
        else { return [] }
        return [.foreignOrder(client: client, code: String(code))]
    }

    /// Letters, digits, `_` and `-`, as ours are, and no more than Upstox takes.
    private static func mayBeOurs(_ tag: String) -> Bool {
        tag.utf8.count <= UpstoxBroker.declared.referenceLength
            && tag.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
