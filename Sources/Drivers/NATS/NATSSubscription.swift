/// A subject that is listened to, and what we call that.
package struct NATSSubscription: Sendable, Hashable {
    /// One subject and no pattern of several.
    package let subject: String
    package let id: Int64

    /// Nil where the subject is none: parts of visible letters with dots between them, no wildcard.
    package init?(_ subject: String, id: Int64) {
        let parts = subject.utf8.split(
            separator: UInt8(ascii: "."),
            omittingEmptySubsequences: false
        )
        let isSubject = parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy {
                    (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "*")
                        && $0 != UInt8(ascii: ">")
                }
        }
        guard isSubject, subject.utf8.count <= 255, id >= 0 else { return nil }
        self.subject = subject
        self.id = id
    }
}

/// What is asked of a server once it has let us in.
package enum NATSRequest: Sendable, Equatable {
    case subscribe(NATSSubscription)
    case unsubscribe(NATSSubscription)

    var line: String {
        switch self {
        case .subscribe(let one): "SUB \(one.subject) \(one.id)\r\n"
        case .unsubscribe(let one): "UNSUB \(one.id)\r\n"
        }
    }
}
