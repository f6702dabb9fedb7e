import BrokerKit
import Desk
import HTTPClient
import JSON
import Trading

/// Reads Dhan's answers by what `DhanTraits.swift` declares of them.
enum DhanErrors {
    /// What an answer to a placement at `path` proves, by what is declared of such answers.
    static func answer(
        toPlacement reply: HTTPResponse,
        at path: String = DhanBroker.placing,
        by refusals: [RefusalProof] = DhanBroker.declared.refusals,
        idAs idName: String = "orderId"
    ) -> PlacementAnswer {
        let value = try? JSONValue(parsing: reply.body)
        guard let code = value?.text("errorCode") else {
            // An id is proof; whatever the status word beside it says, the books will tell.
            if (200...299).contains(reply.status), let id = value?.text(idName) {
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
        let traits = DhanBroker.declared
        let proof = refusals.reason(path: path, status: reply.status, code: code)
        if let proof, value?.text(idName) == nil { return .refused(proof, words: words) }
        return .unanswered(
            cause: "HTTP \(reply.status)",
            words: traits.denials.contains(code) ? words : nil
        )
    }

    /// The JSON of a read, or what the caller must do.
    static func value(of reply: HTTPResponse) throws(BrokerFailure) -> JSONValue {
        guard let value = try? JSONValue(parsing: reply.body) else {
            // A gateway's page, not the broker's words.
            if reply.status == 429 { throw .limited(retryAfter: .seconds(1)) }
            throw .unreachable("HTTP \(reply.status) without JSON")
        }
        // An error may come with status 200: the code decides.
        guard let code = value.text("errorCode") else {
            if (200...299).contains(reply.status) { return value }
            if reply.status == 429 { throw .limited(retryAfter: .seconds(1)) }
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

    /// The JSON of an answer that should bring a token, or what the caller must do.
    ///
    /// Where one is refused, the login host says so with status 200 and without a code:
    /// `{"status":"error","message":"Invalid Pin"}`, as programs of others have met it.
    static func tokenAnswer(_ reply: HTTPResponse) throws(BrokerFailure) -> JSONValue {
        let value = try value(of: reply)
        guard value.text("accessToken") == nil, value.text("status")?.lowercased() == "error" else {
            return value
        }
        throw .refused(code: "error", words: value.text("message") ?? "")
    }

    private static func words(_ code: String, _ value: JSONValue?) -> String {
        "\(code): \(value?.text("errorMessage") ?? value?.text("errorType") ?? "")"
    }
}
