/// One person whose account is traded.
package struct Client: Sendable, Equatable {
    /// Whether orders may be placed for the client.
    package enum Status: String, Sendable, CaseIterable {
        case active
        case inactive
        /// Not yet cleared to trade (KYC).
        case pending
        /// Kept for the record only; never traded again.
        case archived
    }

    package let id: ClientID
    package let trader: TraderID
    /// The trader's own code for the client; unique per trader.
    package let code: String
    package let name: String
    package let email: String?
    package let status: Status
    /// What the trader may put to work for this client: the base of percent sizing.
    package let capital: Money
    /// The client's own part per order; nil means the trader's setting.
    package let part: BasisPoints?

    package init(
        id: ClientID,
        trader: TraderID,
        code: String,
        name: String,
        email: String?,
        status: Status,
        capital: Money,
        part: BasisPoints?
    ) {
        self.id = id
        self.trader = trader
        self.code = code
        self.name = name
        self.email = email
        self.status = status
        self.capital = capital
        self.part = part
    }
}
