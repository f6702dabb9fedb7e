import BrokerKit
package import Desk
import JSON
import Secrets
import Trading

/// Postbacks and the ticker's text frames (kite.md §7): both carry the order itself.
package struct ZerodhaHints: HintReader {
    /// What Kite takes as a tag at the most.
    private static let longest = 20

    private let apiSecret: Secret?

    /// A reader of postbacks; with the app's secret, those whose checksum is wrong give nothing.
    ///
    /// The checksum covers id and time alone, so a message remains a hint however right it is.
    package init(apiSecret: Secret? = nil) { self.apiSecret = apiSecret }

    package func references(in message: [UInt8]) -> [String] {
        guard let value = try? JSONValue(parsing: message) else { return [] }
        guard value.text("type") != nil else {
            return isGenuine(value) ? Self.references(of: value) : []
        }
        // A frame of the ticker comes over our own connection and is not signed; a postback in its
        // shape would be an unsigned one.
        guard apiSecret == nil, value.text("type") == "order", let order = value["data"] else {
            return []
        }
        return Self.references(of: order)
    }

    private func isGenuine(_ order: JSONValue) -> Bool {
        guard let apiSecret else { return true }
        guard let id = order.text("order_id"), let time = order.text("order_timestamp"),
            let claimed = order.text("checksum")
        else { return false }
        let digest = Tokens.sha256(Array((id + time + apiSecret.reveal()).utf8))
        return Tokens.equal(
            Array(claimed.lowercased().utf8),
            Array(Hexadecimal.text(digest).utf8)
        )
    }

    private static func references(of order: JSONValue) -> [String] {
        let filled = order.quantity("filled_quantity") ?? .zero
        switch ZerodhaWords.status(order.text("status"), filled: filled) {
        // That an order waits is no news: it was sent to wait. UPDATE says that something changed.
        case .inTransit, .open: if order.text("status") != "UPDATE" { return [] }
        case .partlyFilled, .filled, .cancelled, .rejected, .expired: break
        }
        return ZerodhaBroker.reference(order).flatMap(own).map { [$0] } ?? []
    }

    /// Letters and digits, as ours are; nil for anything else.
    private static func own(_ text: String) -> String? {
        let isOurs = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        return isOurs && (1...longest).contains(text.utf8.count) ? text : nil
    }
}
