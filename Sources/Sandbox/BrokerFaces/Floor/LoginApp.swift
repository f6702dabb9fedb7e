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
    /// Where what the owner grants is sent, at brokers that ask in an app of their own.
    let notifier: String?
    /// Where its logins lead to; nil: wherever the login itself says.
    var redirect: String? = nil
    var isAsked = false
}

/// A code that a login page gave out and nobody has used.
struct LoginCode: Sendable {
    let client: String
    /// The key of the app whose page it was, which alone may use it.
    let app: String
    /// Where the page led to.
    let redirect: String
}

/// A letter of the broker's own accord.
struct Letter: Sendable {
    let url: String
    let body: [UInt8]
}
