import BrokerKit
package import Desk
import Protobuf

/// Messages of the order stream (groww.md §7), which name an order by Groww's id alone: our reference
/// is not in them, so any may be of an order that came of a smart order too.
///
/// The numbers of their fields are those of the official SDK's `OrderDetailsBroadCastDto` and
/// `OrderDetailUpdateDto`, quoted above each.
package struct GrowwHints: HintReader {
    /// REJECTED, FAILED, EXECUTED, DELIVERY_AWAITED, CANCELLED, COMPLETED.
    private static let ended: Set<Int64> = [4, 5, 6, 7, 8, 11]
    private static let longestID = 64

    private let client: String

    /// Reads what comes for this client, by Groww's number.
    package init(client: String) { self.client = client }

    package func hints(in message: [UInt8]) -> [BrokerHint] {
        // OrderDetailsBroadCastDto: repeated stages 1, orderDetailUpdateDto 2.
        guard let update = ProtobufMessage(message)?.message(2) else { return [] }
        var hints: [BrokerHint] = []
        // OrderDetailUpdateDto: filledQty 4, growwOrderId 7, orderStatus 9 (nothing means NEW),
        // contractId 22. That an order waits is no news: it was sent to wait.
        let isNews =
            update.integer(4) ?? 0 > 0 || Self.ended.contains(update.integer(9) ?? 0)
        if isNews, let id = update.text(7), Self.mayBeID(id) { hints.append(.numbered(id)) }
        // The ISIN of a share, the symbol of a contract.
        if let code = update.text(22), Self.mayBeID(code) {
            hints.append(.foreignOrder(client: client, code: code))
        }
        return hints
    }

    /// Letters and digits, and no more than any id has.
    private static func mayBeID(_ text: String) -> Bool {
        (1...longestID).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: false
                }
            }
    }
}
