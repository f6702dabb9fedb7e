import BrokerKit
import Desk
import JSON
import Trading

/// Postback and live order update (dhan.md §7): both say which order changed; neither is trusted.
package struct DhanHints: HintReader {
    package init() {}

    package func references(in message: [UInt8]) -> [String] {
        guard let value = try? JSONValue(parsing: message) else { return [] }
        // Postbacks carry the order itself; the socket wraps it in Data, in Pascal case.
        let data = value["Data"] ?? value
        let status = (data.text("orderStatus") ?? data.text("Status")).flatMap(DhanWords.status)
        // That an order waits is no news: it was sent to wait.
        guard status != .inTransit, status != .open else { return [] }
        return [data.text("correlationId") ?? data.text("CorrelationId")].compactMap(\.self)
    }
}
