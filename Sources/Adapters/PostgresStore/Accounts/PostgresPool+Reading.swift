import Desk
import Postgres
import Trading

extension PostgresPool {
    /// Makes calls that only read, in one round trip, outside any transaction of ours.
    func read(_ calls: [Call]) async throws(StoreFailure) -> [PostgresRows] {
        do {
            let viewer = Viewer.calls
            return Array(try await pipeline(viewer + calls).dropFirst(viewer.count))
        } catch {
            throw StoreFailure(error)
        }
    }
}

extension PostgresValue {
    /// An id, or null.
    static func optional<Subject>(_ id: ID<Subject>?) -> PostgresValue {
        id.map { .int($0.raw) } ?? .null
    }
    /// A text, or null.
    static func optional(_ text: String?) -> PostgresValue { text.map { .text($0) } ?? .null }
    /// A moment, or null.
    static func optional(_ moment: Timestamp?) -> PostgresValue {
        moment.map { .timestamp($0.microseconds) } ?? .null
    }
}
