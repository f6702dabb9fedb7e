package import Trading

/// A broker whose clients can be asked for a session in its own app, so that nobody opens a link.
///
/// The session comes by itself, in a message that nothing proves: what it brings is of use only once
/// the broker has said whose it is. Calls are sent once and never again, as all of a login.
package protocol LoginRequests: Sendable {
    /// The app that the settings name, for clients who have given no own one.
    func usualApp() throws(LoginFailure) -> LoginOwnApp

    /// Where the app must send what its owner grants.
    func notifier() throws(LoginFailure) -> String

    /// Has the broker ask the owner of this app.
    ///
    /// - Returns: until when it can be granted; nil where the broker does not say.
    func ask(_ app: LoginOwnApp) async throws(LoginFailure) -> Timestamp?

    /// What a message to the notifier grants; nil where it is no such message.
    func grant(in message: [UInt8]) -> LoginGrant?

    /// The session that was granted, with whose it is by the broker's own word.
    ///
    /// - Throws: `refused` only where the broker says that the token itself is no good.
    func session(of grant: LoginGrant) async throws(LoginFailure) -> NewSession
}

/// An app at a broker that is one client's own.
package struct LoginOwnApp: Sendable, Equatable {
    package let key: String
    package let secret: Secret

    package init(key: String, secret: Secret) {
        self.key = key
        self.secret = secret
    }
}

/// What somebody who calls himself the broker says that a client has granted.
package struct LoginGrant: Sendable, Equatable {
    package let appKey: String
    package let brokerClientID: String
    package let token: Secret

    package init(appKey: String, brokerClientID: String, token: Secret) {
        self.appKey = appKey
        self.brokerClientID = brokerClientID
        self.token = token
    }
}

/// A client who is asked for a session.
package struct LoginRequest: Sendable, Equatable {
    /// Random bytes that no other request or link has.
    package let mark: [UInt8]
    package let account: AccountID
    package let appKey: String
    /// Until when it may be granted.
    package let ends: Timestamp

    package init(mark: [UInt8], account: AccountID, appKey: String, ends: Timestamp) {
        self.mark = mark
        self.account = account
        self.appKey = appKey
        self.ends = ends
    }
}
