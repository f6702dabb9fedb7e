/// One row of the audit log: who did what, when, to whom, with which inputs.
package struct AuditRecord: Sendable, Equatable {
    package let id: Int64
    package let at: Timestamp
    /// Nil where the system acted by itself.
    package let user: UserID?
    package let address: String?
    package let action: String
    package let trader: TraderID?
    package let client: ClientID?
    package let task: TaskID?
    package let intent: IntentID?
    /// The state that the order then had, where it is about an order.
    package let state: String?
    /// A JSON object as text, as the database prints it.
    package let detail: String?

    package init(
        id: Int64,
        at: Timestamp,
        user: UserID?,
        address: String?,
        action: String,
        trader: TraderID?,
        client: ClientID?,
        task: TaskID?,
        intent: IntentID?,
        state: String?,
        detail: String?
    ) {
        self.id = id
        self.at = at
        self.user = user
        self.address = address
        self.action = action
        self.trader = trader
        self.client = client
        self.task = task
        self.intent = intent
        self.state = state
        self.detail = detail
    }

    /// What a seal takes the SHA-256 of: every field, so that no two rows have the same bytes.
    ///
    /// `volley audit row 1` as a text, then id, time, user, address, action, trader, client, task,
    /// order, state and detail, each as ``CanonicalBytes`` writes it; the time in microseconds
    /// since 1970-01-01 00:00 UTC. It must never change: old seals were made of it.
    package var canonicalBytes: [UInt8] {
        var bytes = CanonicalBytes("volley audit row 1")
        bytes.add(id)
        bytes.add(at.microseconds)
        bytes.add(user?.raw)
        bytes.add(address)
        bytes.add(action)
        bytes.add(trader?.raw)
        bytes.add(client?.raw)
        bytes.add(task?.raw)
        bytes.add(intent?.raw)
        bytes.add(state)
        bytes.add(detail)
        return bytes.bytes
    }
}

/// Values as bytes that can be read back in one way only.
///
/// Nothing is a byte 0. A number is a byte 1 and eight bytes, the highest first. A text or a string
/// of bytes is a byte 1, its length in bytes as eight bytes, and itself (a text in UTF-8).
package struct CanonicalBytes: Sendable {
    package private(set) var bytes: [UInt8] = []

    /// Begins with a text that says what follows.
    package init(_ purpose: String) { add(purpose) }

    /// Adds a number, or nothing.
    package mutating func add(_ number: Int64?) {
        guard let number else {
            bytes.append(0)
            return
        }
        bytes.append(1)
        addWord(UInt64(bitPattern: number))
    }

    /// Adds a text, or nothing.
    package mutating func add(_ text: String?) {
        guard let text else {
            bytes.append(0)
            return
        }
        bytes.append(1)
        addWord(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    /// Adds a string of bytes.
    package mutating func add(_ string: [UInt8]) {
        bytes.append(1)
        addWord(UInt64(string.count))
        bytes.append(contentsOf: string)
    }

    private mutating func addWord(_ word: UInt64) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }
}
