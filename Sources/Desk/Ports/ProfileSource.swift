package import Trading

/// Tells what a broker knows of an account's owner and of what the account may do.
package protocol ProfileSource: Sendable {
    /// What the broker says now.
    func profile(_ session: BrokerSession) async throws(BrokerFailure) -> BrokerProfile
}

/// An account as its broker describes it; nil: the broker does not say.
package struct BrokerProfile: Sendable, Equatable {
    package let brokerClientID: String
    package let name: String?
    /// The broker's own words, such as `NSE_EQ` or `Equity`.
    package let segments: [String]
    /// Whether the broker may deliver sold shares without the client's authorisation (DDPI, or a power
    /// of attorney).
    package let hasMandate: Bool?
    /// Whether the client has agreed to margin trading (MTF).
    package let hasMarginFunding: Bool?
    package let sessionEnds: Timestamp?

    package init(
        brokerClientID: String,
        name: String? = nil,
        segments: [String] = [],
        hasMandate: Bool? = nil,
        hasMarginFunding: Bool? = nil,
        sessionEnds: Timestamp? = nil
    ) {
        self.brokerClientID = brokerClientID
        self.name = name
        self.segments = segments
        self.hasMandate = hasMandate
        self.hasMarginFunding = hasMarginFunding
        self.sessionEnds = sessionEnds
    }
}
