package import Trading

/// A broker account to be connected.
package struct AccountDraft: Sendable {
    package let client: ClientID
    package let broker: BrokerName
    package let brokerClientID: String
    package let token: Secret
    package let sessionEnds: Timestamp?
    package let egress: String?
    /// Whether the client has just logged in at the broker; otherwise somebody brought the token.
    package let isLogin: Bool

    package init(
        client: ClientID,
        broker: BrokerName,
        brokerClientID: String,
        token: Secret,
        sessionEnds: Timestamp?,
        egress: String?,
        isLogin: Bool = false
    ) {
        self.client = client
        self.broker = broker
        self.brokerClientID = brokerClientID
        self.token = token
        self.sessionEnds = sessionEnds
        self.egress = egress
        self.isLogin = isLogin
    }
}
