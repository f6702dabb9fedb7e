import BrokerKit
import Desk
import JSON
import Trading

/// Webhook and portfolio stream (upstox.md §7): the same message, and neither is trusted.
package struct UpstoxHints: HintReader {
    package init() {}

    package func references(in message: [UInt8]) -> [String] {
        guard let update = try? JSONValue(parsing: message), update.text("update_type") == "order",
            let tag = update.text("tag"), Self.mayBeOurs(tag)
        else { return [] }
        // That an order waits is no news: it was sent to wait.
        let filled = update.quantity("filled_quantity") ?? .zero
        switch update.text("status").flatMap({ UpstoxWords.status($0, filled: filled) }) {
        case .inTransit, .open: return []
        case .partlyFilled, .filled, .cancelled, .rejected, .expired, nil: return [tag]
        }
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
