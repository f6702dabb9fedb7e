/// Why there is no answer, sorted by what the caller may do.
package enum HTTPFailure: Error, Equatable {
    /// No byte of the request left this machine: it may be sent again.
    case notSent(reason: String)
    /// Bytes may have left: the server may have acted on the request.
    case unanswered(reason: String)

    /// What happened, in words.
    package var reason: String {
        switch self {
        case .notSent(let reason), .unanswered(let reason): reason
        }
    }
}

/// The answer that came instead of a stream: its status was not of the 200s.
package struct HTTPRefusal: Error {
    /// The whole answer.
    package let response: HTTPResponse
}
