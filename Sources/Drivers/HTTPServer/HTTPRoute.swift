/// A handler, and which requests it answers.
package struct HTTPRoute: Sendable {
    /// Answers one request, in a task of its own.
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
    let startsAtOnce: Bool
    let handler: Handler

    /// Routes `method` and `pattern`, whose segments are literal or `{name}`, to `handler`.
    ///
    /// A `GET` route answers `HEAD` too. A trailing slash makes no difference.
    /// - Parameters:
    ///   - method: In upper case.
    ///   - pattern: Such as `/api/v1/bulk-trades/{id}`.
    ///   - maximumBodyBytes: Where this route takes more, or less, than the server's limit.
    ///   - startsAtOnce: Whether the handler begins on the server's own thread, which it leaves where
    ///     it first waits. It saves more time than a quick handler takes, but all other requests
    ///     wait meanwhile: for handlers that need microseconds.
    ///   - handler: Makes the answer.
    package init(
        _ method: String,
        _ pattern: String,
        maximumBodyBytes: Int? = nil,
        startsAtOnce: Bool = false,
        _ handler: @escaping Handler
    ) {
        precondition(pattern.hasPrefix("/"), "a route starts with a slash: \(pattern)")
        self.method = method
        self.pattern = pattern
        self.maximumBodyBytes = maximumBodyBytes
        self.startsAtOnce = startsAtOnce
        self.handler = handler
        segments = pattern.split(separator: "/").map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
            return .parameter(String(part.dropFirst().dropLast()))
        }
    }
}
