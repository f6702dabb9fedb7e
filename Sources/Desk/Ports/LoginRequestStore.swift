package import Trading

/// Where it is kept which clients are asked for sessions, and by which apps.
package protocol LoginRequestStore: Sendable {
    /// Keeps a client's own app, in the place of the one before; its secret is encrypted before it is
    /// stored. Open links of the account were made by another app and are made useless; requests name
    /// their app and stand. With a line in the audit log.
    func keepApp(_ app: LoginOwnApp, of account: AccountID, by actor: Actor)
        async throws(StoreFailure)

    /// The client's own app; nil where there is none.
    func ownApp(of account: AccountID) async throws(StoreFailure) -> LoginOwnApp?

    /// Notes that a client is about to be asked, with a line in the audit log.
    ///
    /// - Returns: false where the client was asked less than a minute before and has not answered.
    func noteRequest(_ request: LoginRequest, by actor: Actor) async throws(StoreFailure) -> Bool

    /// Makes a request useless of which the broker wants to know nothing, with a line in the audit log.
    func withdrawRequest(_ request: LoginRequest, why: String, by actor: Actor)
        async throws(StoreFailure)

    /// The account that the grant is for, where a request of it is open; nothing is changed.
    ///
    /// - Returns: nil where none was asked by this app, or where the request was used or is over, the
    ///   account was disconnected since, or the client is archived.
    func askedAccount(by grant: LoginGrant, at broker: BrokerName) async throws(StoreFailure)
        -> BrokerAccount?

    /// Uses up the oldest open request that the grant answers; nil as above, and where this token has
    /// used one up before.
    func useRequest(by grant: LoginGrant, at broker: BrokerName) async throws(StoreFailure)
        -> BrokerAccount?
}
