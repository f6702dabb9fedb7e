package import Trading

/// Where links to the brokers' login pages are kept, so that each is used once.
package protocol LoginLinkStore: Sendable {
    /// Notes a link that somebody is about to be given, with a line in the audit log.
    func noteLink(_ link: LoginLink, by actor: Actor) async throws(StoreFailure)

    /// Uses a link up.
    ///
    /// - Returns: its account; nil where the link is unknown, used or over, is for another account or
    ///   broker, where the account was disconnected since, or the client is archived.
    func useLink(_ mark: [UInt8], of account: AccountID, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?

    /// Uses up the open links of the account that has this number at a broker whose page gives no
    /// state back.
    ///
    /// - Returns: the account; nil where no link of it is open.
    func useLinks(ofNumber brokerClientID: String, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?

    /// Whether any link to this broker is open.
    func hasOpenLinks(at broker: BrokerName) async throws(StoreFailure) -> Bool
}

/// A link to a broker's login page, for one account and one login.
package struct LoginLink: Sendable, Equatable {
    /// Random bytes that no other link has.
    package let mark: [UInt8]
    package let account: AccountID
    package let ends: Timestamp

    package init(mark: [UInt8], account: AccountID, ends: Timestamp) {
        self.mark = mark
        self.account = account
        self.ends = ends
    }
}
