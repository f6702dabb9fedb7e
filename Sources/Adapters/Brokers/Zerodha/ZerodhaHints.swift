import BrokerKit
package import Desk
import JSON
import Secrets
import Trading

/// Postbacks and the ticker's text frames (kite.md §7): both carry the order itself.
///
/// Of a GTT no message tells; the order that comes of one carries no tag.
package struct ZerodhaHints: HintReader {
    /// What Kite takes as a tag at the most.
    private static let longest = 20

    private let apiSecret: Secret?

    /// A reader of postbacks; with the app's secret, those whose checksum is wrong give nothing.
    ///
    /// The checksum covers id and time alone, so a message remains a hint however right it is.
    package init(apiSecret: Secret? = nil) { self.apiSecret = apiSecret }

    package func hints(in message: [UInt8]) -> [BrokerHint] {
        guard let value = try? JSONValue(parsing: message) else { return [] }
        guard value.text("type") != nil else {
            return isGenuine(value) ? Self.hints(of: value) : []
        }
        // A frame of the ticker comes over our own connection and is not signed; a postback in its
        // shape would be an unsigned one.
        guard apiSecret == nil, value.text("type") == "order", let order = value["data"] else {
            return []
        }
        return Self.hints(of: order)
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

    private static func hints(of order: JSONValue) -> [BrokerHint] {
        guard let tag = ZerodhaBroker.reference(order), !tag.isEmpty else { return foreign(order) }
        let filled = order.quantity("filled_quantity") ?? .zero
        switch ZerodhaWords.status(order.text("status"), filled: filled) {
        // That an order waits is no news: it was sent to wait. UPDATE says that something changed.
        case .inTransit, .open: if order.text("status") != "UPDATE" { return [] }
        case .partlyFilled, .filled, .cancelled, .rejected, .expired: break
        }
        return own(tag).map { [.order($0)] } ?? []
    }

    private static func foreign(_ order: JSONValue) -> [BrokerHint] {
        guard let client = order.text("user_id") ?? order.text("account_id"),
            let code = order.text("tradingsymbol")
        else { return [] }
        return [.foreignOrder(client: client, code: code)]
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
