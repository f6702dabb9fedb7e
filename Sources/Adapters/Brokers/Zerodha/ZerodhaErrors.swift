import BrokerKit
import Desk
import HTTPClient
import JSON
import Trading

/// Reads Kite's answers by what `ZerodhaTraits.swift` declares of them (kite.md §1, §9).
enum ZerodhaErrors {
    /// What an answer to a placement at `path` proves, by what is declared of such answers.
    static func answer(
        toPlacement reply: HTTPResponse,
        at path: String = ZerodhaBroker.placing,
        by refusals: [RefusalProof] = ZerodhaBroker.declared.refusals,
        idAs idName: String = "order_id"
    ) -> PlacementAnswer {
        let value = try? JSONValue(parsing: reply.body)
        let id = value?["data"]?.text(idName)
        guard let value, let code = value.text("error_type") else {
            // An id is proof, unless an error without a type stands beside it.
            let isError = value?.text("status") == "error"
            if (200...299).contains(reply.status), !isError, let id {
                return .accepted(brokerOrderID: id)
            }
            return .unanswered(cause: cause(reply), words: nil)
        }
        let words = self.words(code, value)
        if reply.status == 429 { return .unanswered(cause: cause(reply), words: words) }
        let traits = ZerodhaBroker.declared
        let reason = refusals.reason(path: path, status: reply.status, code: code)
        if let reason, id == nil, !isUnsure(words) { return .refused(reason, words: words) }
        return .unanswered(
            cause: cause(reply),
            words: traits.denials.contains(code) ? words : nil
        )
    }

    /// Whether Kite itself sends the caller to the order book.
    ///
    /// Of which error type its "Order request timed out" was, under status 400, nobody wrote down.
    private static func isUnsure(_ words: String) -> Bool {
        let words = words.lowercased()
        return words.contains("order book") || words.contains("orderbook")
            || words.contains("timed out")
    }

    private static func cause(_ reply: HTTPResponse) -> String {
        reply.status == 429 ? BrokerLimit.cause : "HTTP \(reply.status)"
    }

    /// What a good answer has under `data`, or what the caller must do.
    static func data(of reply: HTTPResponse) throws(BrokerFailure) -> JSONValue {
        if reply.status == 429 { throw .limited(retryAfter: .seconds(1)) }
        guard let value = try? JSONValue(parsing: reply.body) else {
            // A gateway's page, not the broker's words.
            throw .unreachable("HTTP \(reply.status) without JSON")
        }
        // An error may come with status 200: what the body says decides.
        if let code = value.text("error_type") { throw failure(code, reply.status, value) }
        guard (200...299).contains(reply.status) else {
            if reply.status == 404 { throw .refused(code: "404", words: "not found") }
            throw .unreachable("HTTP \(reply.status)")
        }
        guard value.text("status") == "success", let data = value["data"] else {
            throw .unreachable("an answer that is neither success nor error")
        }
        return data
    }

    private static func failure(_ code: String, _ status: Int, _ value: JSONValue)
        -> BrokerFailure
    {
        let words = words(code, value)
        switch code {
        case "TokenException": return .sessionEnded(words)
        case "NetworkException", "DataException": return .unreachable(words)
        // Also what an unknown order gets; only the status tells blame from breakage.
        case "GeneralException" where !(400...499).contains(status): return .unreachable(words)
        default: return .refused(code: code, words: words)
        }
    }

    private static func words(_ code: String, _ value: JSONValue) -> String {
        "\(code): \(value.text("message") ?? "")"
    }
}
