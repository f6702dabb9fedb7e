/// How often each call of a face came in, whatever became of it: what was on the wire.
struct CallLog: Sendable {
    struct Name: Sendable, Hashable {
        let face: String
        /// Method and path, such as `GET /orders/{id}`.
        let call: String
        let isPlacing: Bool
    }

    private(set) var counts: [Name: Int] = [:]

    mutating func note(_ face: String, _ call: String, isPlacing: Bool) {
        counts[Name(face: face, call: call, isPlacing: isPlacing), default: 0] += 1
    }

    mutating func clear() { counts.removeAll(keepingCapacity: true) }

    /// Calls that place orders.
    var placements: Int {
        counts.reduce(0) { $0 + ($1.key.isPlacing ? $1.value : 0) }
    }
}
