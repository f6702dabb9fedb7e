/// The brokers that Volley can send to.
package enum BrokerName: String, Sendable, CaseIterable {
    case dhan
    case zerodha
    case upstox
    case groww
    /// Executes at the last known price without sending anything: for clients without a broker.
    case paper
}

/// A client's account at a broker, without its secrets.
package struct BrokerAccount: Sendable, Equatable {
    /// Whether the account can be used now.
    package enum Status: String, Sendable, CaseIterable {
        case connected
        /// The broker ended the session; somebody must log in again.
        case expired
        case disconnected
    }

    package let id: AccountID
    package let client: ClientID
    package let broker: BrokerName
    /// The client's number at the broker, such as Dhan's `dhanClientId`.
    package let brokerClientID: String
    package let status: Status
    /// When the session ends; nil where the broker does not say.
    package let sessionEnds: Timestamp?
    /// The address or proxy that this account's orders must leave from; nil: the machine's own.
    package let egress: String?
    /// What the broker's own list of addresses says of `egress`.
    package let egressStanding: EgressStanding

    package init(
        id: AccountID,
        client: ClientID,
        broker: BrokerName,
        brokerClientID: String,
        status: Status,
        sessionEnds: Timestamp?,
        egress: String?,
        egressStanding: EgressStanding = .unknown
    ) {
        self.id = id
        self.client = client
        self.broker = broker
        self.brokerClientID = brokerClientID
        self.status = status
        self.sessionEnds = sessionEnds
        self.egress = egress
        self.egressStanding = egressStanding
    }

    /// Whether the account has a session that lasts beyond `now`.
    package func isUsable(at now: Timestamp) -> Bool {
        status == .connected && (sessionEnds.map { $0 > now } ?? true)
    }
}
