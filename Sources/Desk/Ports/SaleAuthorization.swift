package import Trading

/// Tells whether shares may be delivered when they are sold, and lets the client say that they may.
///
/// A depository gives shares away only with its owner's word: once for all (DDPI, or a power of
/// attorney), or each time by a PIN (eDIS, T-PIN).
package protocol SaleAuthorization: Sendable {
    /// How the client gives its word, where there is no mandate.
    var way: SaleAuthorizationWay { get }

    /// What may be sold now; `isin` nil: of all shares.
    func saleStanding(isin: String?, _ session: BrokerSession) async throws(BrokerFailure)
        -> SaleStanding

    /// Has the depository send the client a PIN.
    ///
    /// - Throws: `refused` where the broker has no such call.
    func sendPIN(_ session: BrokerSession) async throws(BrokerFailure)

    /// Begins an authorisation, which the client ends in a browser.
    ///
    /// - Throws: `refused` where it can be given on the broker's own pages only.
    func authorize(_ shares: [SharesToSell], _ session: BrokerSession) async throws(BrokerFailure)
        -> AuthorizationPage
}

/// How a client authorises the sale of shares.
package enum SaleAuthorizationWay: String, Sendable, CaseIterable {
    /// A PIN is asked for, then a form takes it to the depository.
    case pinAndForm = "pin_and_form"
    /// A page of the broker's.
    case page
    /// On the broker's website or app; there is no call for it.
    case atBroker = "at_broker"
}

/// Shares whose sale is to be authorised.
package struct SharesToSell: Sendable, Equatable {
    package let isin: String
    package let quantity: Quantity
    package let exchange: ExchangeName

    package init(isin: String, quantity: Quantity, exchange: ExchangeName) {
        self.isin = isin
        self.quantity = quantity
        self.exchange = exchange
    }
}

/// What may be sold of an account.
package struct SaleStanding: Sendable, Equatable {
    /// Shares of one kind.
    package struct Shares: Sendable, Equatable {
        package let isin: String
        package let held: Quantity
        package let authorised: Quantity

        package init(isin: String, held: Quantity, authorised: Quantity) {
            self.isin = isin
            self.held = held
            self.authorised = authorised
        }
    }

    /// Whether nothing needs to be authorised; nil where the broker does not say.
    package let hasMandate: Bool?
    /// Empty where the broker tells of the mandate only.
    package let shares: [Shares]

    package init(hasMandate: Bool?, shares: [Shares]) {
        self.hasMandate = hasMandate
        self.shares = shares
    }
}

/// Where the client goes to authorise a sale.
package enum AuthorizationPage: Sendable, Equatable {
    /// A page to be opened.
    case url(String)
    /// A page that posts itself to the depository; it is for the client's browser only.
    case form(html: String)
}
