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

    /// 202 for what was asked for, now or before under the same key; `path` tells what becomes of it.
    static func accepted(
        _ path: String,
        isRepeated: Bool,
        _ fields: (inout JSONWriter) -> Void
    ) -> HTTPServerResponse {
        let replayed = isRepeated ? [("Idempotency-Replayed", "true")] : []
        return .json(202, headers: [("Location", path)] + replayed) { body in
            body.beginObject()
            fields(&body)
            body.field("status_url", path)
            body.endObject()
        }
    }

    /// A page of a list, each item an object of its fields; a full page names the id below which the
    /// next one begins.
    static func page<Item, Subject>(
        _ name: String,
        _ items: [Item],
        limit: Int,
        id: KeyPath<Item, ID<Subject>>,
        _ fields: (inout JSONWriter, Item) -> Void
    ) -> HTTPServerResponse {
        .json { body in
            body.beginObject()
            body.key(name)
            body.beginArray()
            for item in items {
                body.beginObject()
                fields(&body, item)
                body.endObject()
            }
            body.endArray()
            let last = items.count == limit ? items.last : nil
            body.fieldOrNull("next", last.map { $0[keyPath: id].raw })
            body.endObject()
        }
    }
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
