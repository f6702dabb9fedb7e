/// Why a request reached no handler.
package enum HTTPRefusal: Sendable, Equatable {
    /// The address or the framing breaks the rules of HTTP.
    case malformed(reason: String)
    case notFound
    /// The path exists under other methods.
    case methodNotAllowed(allowed: [String])
    case bodyTooLarge(limit: Int)

    /// The status that HTTP gives to this refusal.
    package var status: Int {
        switch self {
        case .malformed: 400
        case .notFound: 404
        case .methodNotAllowed: 405
        case .bodyTooLarge: 413
        }
    }

    /// One sentence for people.
    package var explanation: String {
        switch self {
        case .malformed(let reason): "The request is malformed: \(reason)."
        case .notFound: "There is nothing at this path."
        case .methodNotAllowed(let allowed):
            "This path answers only to \(allowed.joined(separator: ", "))."
        case .bodyTooLarge(let limit): "The body is larger than \(limit) bytes."
        }
    }

    /// An answer in plain text, for servers that need no other form.
    package var plainResponse: HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: .bytes(Array((explanation + "\n").utf8))
        )
    }
}
