/// One thing that a server says (docs.nats.io, "Client Protocol").
package enum NATSOperation: Sendable, Equatable {
    /// About the server: a JSON object, at the beginning and whenever something of it changes.
    case info([UInt8])
    case message(NATSMessage)
    case ping
    case pong
    case ok
    /// What the server has against something, in its own words.
    case error(String)
}

/// What was published on a subject that is subscribed to.
package struct NATSMessage: Sendable, Equatable {
    package let subject: String
    /// The subscription's id.
    package let subscription: String
    package let payload: [UInt8]

    package init(subject: String, subscription: String, payload: [UInt8]) {
        self.subject = subject
        self.subscription = subscription
        self.payload = payload
    }
}

/// Why there is no connection, or no longer; none of it tells what was sent.
package enum NATSError: Error, Equatable {
    /// The server's own words for why not.
    case refused(String)
    /// The server says what the protocol does not know.
    case malformed(String)
    /// The connection ended, or could not be used.
    case lost(String)
    /// The server did not let us in, nor say no, within the time allowed.
    case timedOut
}
