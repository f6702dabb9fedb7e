/// An app by its broker's face and its key.
struct AppName: Hashable, Sendable {
    let face: String
    let key: String
}

/// An app that a client has made at a broker, and whether its owner is being asked for a session.
struct LoginApp: Sendable {
    let client: String
    /// Nil: any will do.
    let secret: String?
    /// Where what the owner grants is sent.
    let notifier: String
    var isAsked = false
}

/// A letter of the broker's own accord.
struct Letter: Sendable {
    let url: String
    let body: [UInt8]
}
