import Desk
import HTTPServer

/// Lets a request through to its handler, as the operation's line in the document says.
///
/// Every route passes here before its handler runs, so that a new one is closed to those whom its
/// line does not name. What the handler then asks of the stores is asked on the caller's behalf.
struct Admission: Sendable {
    /// The caller of the request that this task answers.
    @TaskLocal static var caller: Identity?

    let authentication: Authentication
    /// Whether admins and traders can do nothing without a second factor.
    let requiresSecondFactor: Bool
    /// Nil: nobody has said who may call it, so nobody may.
    let operation: OpenAPIDocument.Operation?
    /// Whether it is asked again and again, so that a caller who was good a moment ago is believed.
    let isPolled: Bool

    func answer(
        _ request: HTTPServerRequest,
        _ handler: @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) async throws -> HTTPServerResponse {
        guard let operation else { throw Problem.notAllowed }
        guard !operation.isOpen else { return try await handler(request) }
        let caller = try await authentication.identify(request, isPolled: isPolled)
        try check(caller, operation)
        let viewer = caller.viewer
        var answer = try await Self.$caller.withValue(caller) {
            try await Viewer.$current.withValue(viewer) { try await handler(request) }
        }
        // A stream is written after its handler has returned, and for the same caller.
        if case .stream(let write) = answer.body {
            answer.body = .stream { writer in
                try await Viewer.$current.withValue(viewer) { try await write(writer) }
            }
        }
        return answer
    }

    private func check(_ caller: Identity, _ operation: OpenAPIDocument.Operation)
        throws(Problem)
    {
        guard caller.role != .client || operation.isForClients else { throw .notAllowed }
        // A key was made by somebody who had one, as long as it was wanted.
        let isWanted = requiresSecondFactor && caller.role != .client && caller.session != nil
        guard !isWanted || caller.hasSecondFactor || operation.isForSetUp else {
            throw Problem(
                403,
                "second_factor_missing",
                "Set up a second factor first: POST /api/v1/second-factor."
            )
        }
        let scope = operation.neededScope
        guard caller.scopes.contains(scope) else { throw .scopeMissing(scope) }
    }
}

extension Problem {
    /// The API key was not made for this.
    static func scopeMissing(_ scope: Scope) -> Problem {
        Problem(
            403,
            "scope_missing",
            "This API key lacks the scope \(scope.rawValue).",
            headers: [
                (
                    "WWW-Authenticate",
                    "Bearer error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
                )
            ]
        )
    }
}
