import BrokerKit
import Desk
import HTTPClient
import JSON
import Trading

/// Reads Groww's answers by what `GrowwTraits.swift` declares of them.
///
/// A body that says FAILURE wins over the status that it comes with (groww.md §9).
enum GrowwErrors {
    /// What the body of a failure says.
    private struct Failure {
        let code: String?
        let words: String

        /// Nil where the body tells of no failure.
        init?(_ value: JSONValue?) {
            let error = value?["error"]
            guard value?["status"]?.string == "FAILURE" || error?.object != nil else { return nil }
            code = error?.text("code")
            words = "\(code ?? "no code"): \(error?.text("message") ?? "")"
        }
    }

    /// Only what is declared as proof refuses.
    ///
    /// GA007, a reference that Groww has seen before, is none: each reference is sent once, so
    /// whatever Groww has under it is our own order, which came by some detour.
    static func answer(
        toPlacement reply: HTTPResponse,
        of reference: String,
        at path: String = GrowwBroker.placing,
        by refusals: [RefusalProof] = GrowwBroker.declared.refusals,
        idAs idName: String = "groww_order_id",
        referenceAs referenceName: String = "order_reference_id"
    ) -> PlacementAnswer {
        let value = try? JSONValue(parsing: reply.body)
        let payload = value?["payload"]
        guard let failure = Failure(value) else {
            // An id is proof, unless it comes with the reference of another order.
            if (200...299).contains(reply.status), let id = payload?.text(idName),
                payload?.text(referenceName) ?? reference == reference
            {
                return .accepted(brokerOrderID: id)
            }
            return .unanswered(
                cause: reply.status == 429 ? BrokerLimit.cause : "HTTP \(reply.status)",
                words: nil
            )
        }
        if reply.status == 429 {
            return .unanswered(cause: BrokerLimit.cause, words: failure.words)
        }
        let code = failure.code ?? ""
        let traits = GrowwBroker.declared
        if GrowwBroker.declared.claims.contains(code) { return .claimed(words: failure.words) }
        let proof = refusals.reason(path: path, status: reply.status, code: code)
        if let proof, payload?.text(idName) == nil {
            return .refused(proof, words: failure.words)
        }
        return .unanswered(
            cause: "HTTP \(reply.status)",
            words: traits.denials.contains(code) ? failure.words : nil
        )
    }

    /// The payload of a read, or what the caller must do.
    static func payload(of reply: HTTPResponse) throws(BrokerFailure) -> JSONValue {
        if reply.status == 429 { throw .limited(retryAfter: .seconds(1)) }
        guard let value = try? JSONValue(parsing: reply.body) else {
            // A gateway's page, not the broker's words.
            throw .unreachable("HTTP \(reply.status) without JSON")
        }
        if let failure = Failure(value) { throw consequence(of: failure, reply.status) }
        guard (200...299).contains(reply.status) else {
            switch reply.status {
            case 401: throw .sessionEnded("HTTP 401")
            case 404: throw .refused(code: "404", words: "not found")
            default: throw .unreachable("HTTP \(reply.status)")
            }
        }
        guard value["status"]?.string == "SUCCESS" else {
            throw .unreachable("an answer without a word of success")
        }
        return value["payload"] ?? .null
    }

    /// The same of the one call whose answer the documents show without the envelope, and which the
    /// official SDK takes both ways.
    static func bareOrPayload(of reply: HTTPResponse) throws(BrokerFailure) -> JSONValue {
        if (200...299).contains(reply.status), let value = try? JSONValue(parsing: reply.body),
            value["status"] == nil, value["error"] == nil
        {
            return value
        }
        return try payload(of: reply)
    }

    private static func consequence(of failure: Failure, _ status: Int) -> BrokerFailure {
        switch (failure.code, status) {
        case (_, 401): .sessionEnded(failure.words)
        // The session is good and this call is not for it: the official SDK's reading of a 403.
        case ("GA005", 403): .refused(code: "GA005", words: failure.words)
        case ("GA005", _): .sessionEnded(failure.words)
        case ("GA000", _), ("GA003", _), (nil, 500...): .unreachable(failure.words)
        case (let code, _): .refused(code: code ?? "no code", words: failure.words)
        }
    }
}
