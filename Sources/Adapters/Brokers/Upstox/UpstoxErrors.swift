import BrokerKit
import Desk
import HTTPClient
import JSON
import Trading

/// Reads Upstox's answers by what `UpstoxTraits.swift` declares of them.
enum UpstoxErrors {
    /// One member of an answer's `errors`; each comes with its keys in two spellings (upstox.md §9).
    struct Complaint: Equatable {
        let code: String
        let words: String

        init?(_ value: JSONValue) {
            guard let code = value.text("errorCode") ?? value.text("error_code") else { return nil }
            self.code = code
            words = "\(code): \(value.text("message") ?? "")"
        }
    }

    /// What an answer to a placement at `path` proves, by what is declared of such answers.
    static func answer(
        toPlacement reply: HTTPResponse,
        at path: String = UpstoxBroker.placing,
        by refusals: [RefusalProof] = UpstoxBroker.declared.refusals,
        idsAs idsName: String = "order_ids"
    ) -> PlacementAnswer {
        let value = try? JSONValue(parsing: reply.body)
        let complaints = complaints(in: value)
        let ids = value?["data"]?[idsName]?.array ?? []
        guard let first = complaints.first else {
            // One id is proof; whatever the status word beside it says, the books will tell.
            if (200...299).contains(reply.status), ids.count == 1, let id = ids[0].string, id != ""
            {
                return .accepted(brokerOrderID: id)
            }
            return .unanswered(
                cause: reply.status == 429 ? BrokerLimit.cause : "HTTP \(reply.status)",
                words: nil
            )
        }
        let traits = UpstoxBroker.declared
        if reply.status == 429 || first.code == limit {
            return .unanswered(cause: BrokerLimit.cause, words: first.words)
        }
        let proofs = complaints.compactMap {
            refusals.reason(path: path, status: reply.status, code: $0.code)
        }
        let isError = value?.text("status") == "error" && ids.isEmpty
        // A complaint that proves nothing, or has no code, takes away what the others prove.
        let areAllProofs = proofs.count == value?["errors"]?.array?.count
        if isError, let proof = proofs.first, areAllProofs {
            return .refused(proof, words: first.words)
        }
        return .unanswered(
            cause: "HTTP \(reply.status)",
            words: traits.denials.contains(first.code) ? first.words : nil
        )
    }

    /// What a read's or a cancel's answer holds, or what the caller must do.
    static func data(of reply: HTTPResponse) throws(BrokerFailure) -> JSONValue {
        guard let value = try? JSONValue(parsing: reply.body) else {
            // A gateway's page, not the broker's words.
            if reply.status == 429 { throw .limited(retryAfter: .seconds(1)) }
            throw .unreachable("HTTP \(reply.status) without JSON")
        }
        // An error may come with status 200: the complaint decides.
        if let complaint = complaints(in: value).first { throw failure(complaint, reply.status) }
        guard (200...299).contains(reply.status), value.text("status") == "success",
            let data = value["data"]
        else {
            if reply.status == 429 { throw .limited(retryAfter: .seconds(1)) }
            throw .unreachable("HTTP \(reply.status)")
        }
        return data
    }

    /// The token call's answer, which alone has no envelope, or what the caller must do.
    static func token(of reply: HTTPResponse) throws(BrokerFailure) -> JSONValue {
        guard let value = try? JSONValue(parsing: reply.body) else {
            throw .unreachable("HTTP \(reply.status) without JSON")
        }
        if let complaint = complaints(in: value).first { throw failure(complaint, reply.status) }
        guard (200...299).contains(reply.status) else { throw .unreachable("HTTP \(reply.status)") }
        return value
    }

    private static let limit = "UDAPI10005"

    private static func failure(_ complaint: Complaint, _ status: Int) -> BrokerFailure {
        switch complaint.code {
        case _ where status == 429: return .limited(retryAfter: .seconds(1))
        case limit: return .limited(retryAfter: .seconds(1))
        // A bad token, bad credentials, or a token for reading a few things only.
        case "UDAPI100050", "UDAPI100016", "UDAPI100067": return .sessionEnded(complaint.words)
        // Closed until half past five in the morning: funds and orders.
        case "UDAPI100072", "UDAPI100074", "UDAPI100500": return .unreachable(complaint.words)
        case _ where status >= 500: return .unreachable(complaint.words)
        default: return .refused(code: complaint.code, words: complaint.words)
        }
    }

    private static func complaints(in value: JSONValue?) -> [Complaint] {
        (value?["errors"]?.array ?? []).compactMap(Complaint.init)
    }
}
