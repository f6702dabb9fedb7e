import BrokerKit
import Desk
import HTTPClient
import JSON
import Trading

/// What Dhan's answers prove (dhan.md §9); statuses per code are not documented, so codes decide.
enum DhanErrors {
    /// Codes with which Dhan refuses a request before an order exists, if the status is 4xx.
    ///
    /// DH-906 (Order_Error) is not among them: it names no point in the order's life, so the book
    /// decides. Nor are DH-904, 908, 909, 910: limits and broken backends, outcome unknown.
    private static let refusals: [String: Reason] = [
        "DH-901": .sessionExpired, "DH-902": .brokerRefused, "DH-903": .brokerRefused,
        "DH-905": .brokerRefused,
    ]

    static func answer(toPlacement reply: HTTPResponse) -> PlacementAnswer {
        let value = try? JSONValue(parsing: reply.body)
        guard let code = value?.text("errorCode") else {
            // An id is proof; whatever the status word beside it says, the books will tell.
            if (200...299).contains(reply.status), let id = value?.text("orderId") {
                return .accepted(brokerOrderID: id)
            }
            return .unanswered(
                cause: reply.status == 429 ? BrokerLimit.cause : "HTTP \(reply.status)",
                words: nil
            )
        }
        let words = self.words(code, value)
        if reply.status == 429 || code == "DH-904" {
            return .unanswered(cause: BrokerLimit.cause, words: words)
        }
        if let reason = refusals[code], isRefusal(reply.status), value?.text("orderId") == nil {
            return .refused(reason, words: words)
        }
        return .unanswered(cause: "HTTP \(reply.status)", words: isRefusal(code) ? words : nil)
    }

    /// Whether the status blames the request: 408 and 499 tell of time, whatever the body says.
    private static func isRefusal(_ status: Int) -> Bool {
        (400...499).contains(status) && status != 408 && status != 499
    }

    /// Whether the code says no, as opposed to "I do not know": then absence is believed sooner.
    private static func isRefusal(_ code: String) -> Bool {
        refusals[code] != nil || code == "DH-904" || code == "DH-906"
    }

    /// The JSON of a read, or what the caller must do.
    static func value(of reply: HTTPResponse) throws(BrokerFailure) -> JSONValue {
        guard let value = try? JSONValue(parsing: reply.body) else {
            throw .unreachable("HTTP \(reply.status) without JSON")
        }
        // An error may come with status 200: the code decides.
        guard let code = value.text("errorCode") else {
            if (200...299).contains(reply.status) { return value }
            if reply.status == 404 { throw .refused(code: "404", words: "not found") }
            throw .unreachable("HTTP \(reply.status)")
        }
        if reply.status == 429 || code == "DH-904" || code == "805" {
            throw .limited(retryAfter: .seconds(1))
        }
        if ["DH-901", "807", "808", "809"].contains(code) {
            throw .sessionEnded(words(code, value))
        }
        if ["DH-908", "DH-909", "DH-910", "800"].contains(code) {
            throw .unreachable(words(code, value))
        }
        throw .refused(code: code, words: words(code, value))
    }

    private static func words(_ code: String, _ value: JSONValue?) -> String {
        "\(code): \(value?.text("errorMessage") ?? value?.text("errorType") ?? "")"
    }
}
