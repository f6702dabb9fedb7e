package import HTTPServer
import JSON
package import Trading

/// A refusal as `application/problem+json` (RFC 9457), with a stable code.
package struct Problem: Error, Sendable {
    package let status: Int
    /// Stable, for programs.
    package let code: String
    /// For people; never a secret, never what the caller sent.
    package let detail: String
    /// What is wrong with single fields, where it is about fields.
    package let fields: [FieldProblem]
    package let headers: [(String, String)]

    package init(
        _ status: Int,
        _ code: String,
        _ detail: String,
        fields: [FieldProblem] = [],
        headers: [(String, String)] = []
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.fields = fields
        self.headers = headers
    }

    /// The answer that carries it.
    package var response: HTTPServerResponse {
        var body = JSONWriter()
        body.beginObject()
        body.field("type", "about:blank")
        body.field("title", Self.title(status))
        body.field("status", status)
        body.field("code", code)
        body.field("detail", detail)
        if let first = fields.first { body.field("field", first.field) }
        if !fields.isEmpty {
            body.key("errors")
            body.beginArray()
            for field in fields {
                body.beginObject()
                body.field("field", field.field)
                body.field("code", field.code)
                body.field("detail", field.sentence)
                body.endObject()
            }
            body.endArray()
        }
        body.endObject()
        return HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "application/problem+json")] + headers,
            body: .bytes(body.bytes)
        )
    }

    private static func title(_ status: Int) -> String {
        switch status {
        case 400: "Bad request"
        case 401: "Not logged in"
        case 403: "Not allowed"
        case 404: "Not found"
        case 405: "Method not allowed"
        case 409: "Conflict"
        case 413: "Too large"
        case 415: "Unsupported media type"
        case 422: "Not acceptable"
        case 429: "Too many requests"
        case 503: "Not available now"
        default: status < 500 ? "Refused" : "Failed"
        }
    }
}

extension Problem {
    /// Some fields are not usable.
    static func invalid(_ fields: [FieldProblem]) -> Problem {
        let detail =
            fields.count == 1 ? fields[0].sentence : "\(fields.count) fields are not usable."
        return Problem(422, "invalid_fields", detail, fields: fields)
    }

    /// One field is not usable.
    static func invalid(_ field: String, _ code: String, _ sentence: String) -> Problem {
        invalid([FieldProblem(field, code, sentence)])
    }

    static let notFound = Problem(404, "not_found", "There is no such thing, or it is not yours.")
    static let notAllowed = Problem(403, "not_allowed", "Your role does not allow this.")
    static let notLoggedIn = Problem(
        401,
        "not_logged_in",
        "Send a bearer token from /api/v1/login, or an API key.",
        headers: [("WWW-Authenticate", "Bearer")]
    )
    static let outcomeUnknown = Problem(
        503,
        "outcome_unknown",
        "Whether this was stored is not known. Send it again with the same Idempotency-Key.",
        headers: [("Retry-After", "2")]
    )
    static let unavailable = Problem(
        503,
        "store_unavailable",
        "The database cannot be reached; nothing was stored. Try again.",
        headers: [("Retry-After", "2")]
    )
}
