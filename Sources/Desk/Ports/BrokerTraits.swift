package import Trading

/// What an adapter declares of its broker, as data: the contract that its code keeps.
///
/// The adapter itself decides by these values and by nothing beside them, and the conformance suite
/// drives every one against the sandbox. A new adapter is written by filling this in first.
package struct BrokerTraits: Sendable {
    package let name: BrokerName
    /// The most characters that the reference field takes.
    package let referenceLength: Int
    /// Whether the broker itself refuses a reference that it has seen.
    package let refusesDuplicates: Bool
    /// Every answer to a placement that proves that no order came of it; any other error is a doubt.
    package let refusals: [RefusalProof]
    /// Codes with which the broker says no without proving it: absence is then believed after the
    /// visibility lag alone.
    package let denials: Set<String>
    /// Codes with which the broker says that it has an order of this reference already.
    package let claims: Set<String>
    /// How an order whose answer was lost can be looked for.
    package let lookUps: Set<LookUp>
    /// How long an accepted order may stay invisible in the books.
    package let visibilityLag: Duration
    /// What else the broker can do through this adapter.
    package let abilities: Set<BrokerAbility>
    /// How long a session lives where nobody says so.
    package let sessionLife: SessionLife
    /// Products that orders may name.
    package let products: Set<Product>
    /// Kinds of order that it takes.
    package let orderTypes: Set<OrderType>
    /// How it takes changes of orders; nil: not at all.
    package let modifications: ModificationRules?
    /// Orders the broker takes per account, several windows at once.
    package let orderLimits: [RateLimit]
    /// Cancels the broker takes per account, counted in the same windows as its orders: what the
    /// orders leave free of them is the cancels' alone.
    package let cancelLimits: [RateLimit]
    /// Reads the broker takes per account.
    package let readLimits: [RateLimit]
    /// Quotes the broker takes per account, depth among them, where it counts them apart.
    package let quoteLimits: [RateLimit]
    /// Its orders that wait for a price; nil: it has none.
    package let conditional: ConditionalTraits?
    /// Whether its list of past trades names the order of each: so orders of earlier days are found.
    package let historyNamesOrders: Bool

    package init(
        name: BrokerName,
        referenceLength: Int,
        refusesDuplicates: Bool,
        refusals: [RefusalProof],
        denials: Set<String> = [],
        claims: Set<String> = [],
        lookUps: Set<LookUp>,
        visibilityLag: Duration,
        abilities: Set<BrokerAbility>,
        sessionLife: SessionLife = .hours(24),
        products: Set<Product> = Set(Product.allCases),
        orderTypes: Set<OrderType> = Set(OrderType.allCases),
        modifications: ModificationRules? = nil,
        orderLimits: [RateLimit],
        cancelLimits: [RateLimit]? = nil,
        readLimits: [RateLimit],
        quoteLimits: [RateLimit]? = nil,
        conditional: ConditionalTraits? = nil,
        historyNamesOrders: Bool = false
    ) {
        self.name = name
        self.referenceLength = referenceLength
        self.refusesDuplicates = refusesDuplicates
        self.refusals = refusals
        self.denials = denials
        self.claims = claims
        self.lookUps = lookUps
        self.visibilityLag = visibilityLag
        self.abilities = abilities
        self.sessionLife = sessionLife
        self.products = products
        self.orderTypes = orderTypes
        self.modifications = modifications
        self.orderLimits = orderLimits
        self.cancelLimits = cancelLimits ?? orderLimits
        self.readLimits = readLimits
        self.quoteLimits = quoteLimits ?? readLimits
        self.conditional = conditional
        self.historyNamesOrders = historyNamesOrders
    }

    /// Whether an order can be found by our reference without reading the whole book.
    package var findsByReference: Bool { lookUps.contains(.reference) }

    /// Why the broker refused, where this answer to a placement proves that it did.
    package func refusal(path: String, status: Int, code: String) -> Reason? {
        refusals.reason(path: path, status: status, code: code)
    }
}

extension [RefusalProof] {
    /// Why the broker refused, where this answer to a placement proves that it did.
    package func reason(path: String, status: Int, code: String) -> Reason? {
        first { $0.path == path && $0.status == status && $0.code == code }?.reason
    }
}

/// How a broker takes changes of an order that rests with it.
package struct ModificationRules: Sendable, Hashable {
    /// So many of one order; nil: no limit is known.
    package let mostPerOrder: Int?
    /// Kinds that an order may be changed to.
    package let types: Set<OrderType>

    package init(mostPerOrder: Int?, types: Set<OrderType> = Set(OrderType.allCases)) {
        self.mostPerOrder = mostPerOrder
        self.types = types
    }
}

/// An answer to a placement that proves that no order came of it.
///
/// Exact in all three parts: brokers use one code with several meanings, and a status alone may come
/// from a gateway that knows nothing of the order.
package struct RefusalProof: Sendable, Hashable {
    /// Below the broker's root, such as `/orders`.
    package let path: String
    package let status: Int
    /// The broker's code in the body.
    package let code: String
    package let reason: Reason
    /// Which document of the broker's says so.
    package let source: String

    package init(path: String, status: Int, code: String, reason: Reason, source: String) {
        self.path = path
        self.status = status
        self.code = code
        self.reason = reason
        self.source = source
    }

    /// One proof for each of the statuses.
    package static func each(
        path: String,
        statuses: [Int],
        code: String,
        reason: Reason,
        source: String
    ) -> [RefusalProof] {
        statuses.map {
            RefusalProof(path: path, status: $0, code: code, reason: reason, source: source)
        }
    }
}

/// A way to look for an order whose answer was lost.
package enum LookUp: String, Sendable, Hashable, CaseIterable {
    /// One order by our reference.
    case reference
    /// The day's order book with our references in it, ended orders included. It alone can testify
    /// that an order is absent.
    case orderBook
    /// All trades of the day: the second witness, where a fast fill may be before its order.
    case trades
}

/// What a broker may be able to do beside placing and finding orders.
package enum BrokerAbility: String, Sendable, Hashable, CaseIterable {
    case cancel
    case quotes
    case holdings
    case positions
    case funds
    /// Tells whether a session is good.
    case sessionCheck
    /// Calls us where an order changes.
    case postbacks
    /// Has a stream of the account's order changes.
    case orderStream
    /// Streams prices.
    case marketFeed
    /// Asks its clients for a session in its own app.
    case loginRequests
    /// Logs its clients in by apps of their own.
    case ownApps
    // Each of these is a member of `BrokerServices`.
    case profile
    case margins
    case charges
    case ledger
    case tradeHistory
    case saleAuthorization
    case killSwitch
    case profitExit
    case addresses
    case conversion
    case exitPositions
    case profitReport
    case sessionRenewal
    case sessionEnd
    case payments
    case auctions
    case depth
}
