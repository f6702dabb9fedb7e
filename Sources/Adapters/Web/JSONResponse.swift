import HTTPServer
import JSON
import Trading

extension HTTPServerResponse {
    /// A JSON answer.
    static func json(
        _ status: Int = 200,
        headers: [(String, String)] = [],
        _ write: (inout JSONWriter) -> Void
    ) -> HTTPServerResponse {
        var body = JSONWriter(capacity: 1_024)
        write(&body)
        return HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "application/json")] + headers,
            body: .bytes(body.bytes)
        )
    }

    /// An answer without a body.
    static let noContent = HTTPServerResponse(status: 204)
}

extension HTTPServerRequest {
    /// The id in the path; a path without a usable id names nothing.
    func id<Subject>(_ name: String, of type: ID<Subject>.Type) throws(Problem) -> ID<Subject> {
        guard let raw = pathParameters[name].flatMap({ Int64($0) }), raw > 0 else {
            throw Problem.notFound
        }
        return ID(raw)
    }

    /// The page size asked for.
    func limit(default fallback: Int, most: Int) throws(Problem) -> Int {
        guard let text = query("limit") else { return fallback }
        guard let limit = Int(text), (1...most).contains(limit) else {
            throw Problem.invalid("limit", "out_of_range", "limit must be from 1 to \(most).")
        }
        return limit
    }

    /// The place after which the page begins: the `next` of the page before.
    func cursor(_ name: String = "after") throws(Problem) -> Int64? {
        guard let text = query(name) else { return nil }
        guard let cursor = Int64(text), cursor >= 0 else {
            throw Problem.invalid(name, "unknown_cursor", "\(name) must be the next of a page.")
        }
        return cursor
    }
}
