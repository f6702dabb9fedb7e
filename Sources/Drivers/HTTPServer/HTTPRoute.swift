/// A handler, and which requests it answers.
package struct HTTPRoute: Sendable {
    /// Answers one request; runs as a task of its own, never on the server's I/O threads.
    package typealias Handler = @Sendable (HTTPServerRequest) async -> HTTPServerResponse

    enum Segment: Equatable {
        case literal(String)
        case parameter(String)
    }

    /// The method, in upper case.
    package let method: String
    /// The path, with its `{name}` segments as given.
    package let pattern: String
    let segments: [Segment]
    let maximumBodyBytes: Int?
    let handler: Handler

    /// Routes `method` and `pattern`, whose segments are literal or `{name}`, to `handler`.
    ///
    /// A `GET` route answers `HEAD` too. A trailing slash makes no difference.
    /// - Parameters:
    ///   - method: In upper case.
    ///   - pattern: Such as `/api/v1/bulk-trades/{id}`.
    ///   - maximumBodyBytes: Where this route takes more, or less, than the server's limit.
    ///   - handler: Makes the answer.
    package init(
        _ method: String,
        _ pattern: String,
        maximumBodyBytes: Int? = nil,
        _ handler: @escaping Handler
    ) {
        precondition(pattern.hasPrefix("/"), "a route starts with a slash: \(pattern)")
        self.method = method
        self.pattern = pattern
        self.maximumBodyBytes = maximumBodyBytes
        self.handler = handler
        segments = pattern.split(separator: "/").map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            return .parameter(String(part.dropFirst().dropLast()))
        }
    }
}
