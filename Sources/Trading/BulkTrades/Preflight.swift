/// What a bulk trade would come to, client by client, as it was shown at one moment.
package struct Preflight: Sendable, Equatable {
    /// How long it may be executed: what it shows ages by the minute.
    package static let life = Duration.seconds(300)

    package let id: PreflightID
    package let trader: TraderID
    package let terms: OrderTerms
    package let sizing: Sizing
    package let clients: ClientFilter
    package let onDoubt: DoubtPolicy
    /// From which all were sized; nil where none was known.
    package let price: Price?
    /// How old it then was; nil where nobody says.
    package let priceAge: Duration?
    package let createdAt: Timestamp
    package let expiresAt: Timestamp
    package let sums: PreflightSums
    /// The bulk trade that executed it.
    package let task: TaskID?

    package init(
        id: PreflightID,
        trader: TraderID,
        terms: OrderTerms,
        sizing: Sizing,
        clients: ClientFilter,
        onDoubt: DoubtPolicy,
        price: Price?,
        priceAge: Duration?,
        createdAt: Timestamp,
        expiresAt: Timestamp,
        sums: PreflightSums,
        task: TaskID?
    ) {
        self.id = id
        self.trader = trader
        self.terms = terms
        self.sizing = sizing
        self.clients = clients
        self.onDoubt = onDoubt
        self.price = price
        self.priceAge = priceAge
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.sums = sums
        self.task = task
    }
}

/// A preflight's id.
package typealias PreflightID = ID<Preflight>

/// One client as a preflight sees it.
package struct PreflightCandidate: Sendable, Equatable {
    package let client: Client
    /// The client's own part, else the trader's.
    package let usualPart: BasisPoints
    package let available: Money
    /// Shares of the instrument.
    package let holding: Holding
    package let broker: BrokerName
    /// The one that orders go to; nil where there is none, or none any more.
    package let account: AccountID?
    /// How it stands, or that it was disconnected; nil where the paper broker executes.
    package let standing: AccountStanding?

    package init(
        client: Client,
        usualPart: BasisPoints,
        available: Money,
        holding: Holding,
        broker: BrokerName,
        account: AccountID?,
        standing: AccountStanding?
    ) {
        self.client = client
        self.usualPart = usualPart
        self.available = available
        self.holding = holding
        self.broker = broker
        self.account = account
        self.standing = standing
    }
}

/// What one client's order would be.
package struct PreflightRow: Sendable, Equatable {
    package let client: ClientID
    package let code: String
    package let name: String
    package let broker: BrokerName
    package let account: AccountID?
    /// What would be ordered; zero where there are reasons against it.
    package let quantity: Quantity
    /// What was asked for, before the reasons.
    package let wanted: Quantity
    /// Everything against it, the weightiest first.
    package let reasons: [Reason]
    /// How many would fit where money is short.
    package let fits: Quantity?
    /// What the wanted quantity costs or brings at the price used.
    package let cost: Money
    /// The cash that would be held.
    package let hold: Money
    package let own: Money
    package let borrowed: Money
    package let charges: Charges
    package let available: Money

    package init(
        client: ClientID,
        code: String,
        name: String,
        broker: BrokerName,
        account: AccountID?,
        quantity: Quantity,
        wanted: Quantity,
        reasons: [Reason],
        fits: Quantity?,
        cost: Money,
        hold: Money,
        own: Money,
        borrowed: Money,
        charges: Charges,
        available: Money
    ) {
        self.client = client
        self.code = code
        self.name = name
        self.broker = broker
        self.account = account
        self.quantity = quantity
        self.wanted = wanted
        self.reasons = reasons
        self.fits = fits
        self.cost = cost
        self.hold = hold
        self.own = own
        self.borrowed = borrowed
        self.charges = charges
        self.available = available
    }
}

/// The sums over the orders that a preflight would place, and how many it would not and why.
package struct PreflightSums: Sendable, Equatable {
    package var clients = 0
    package var orders = 0
    package var quantity: Int64 = 0
    package var cost = Money.zero
    package var hold = Money.zero
    package var own = Money.zero
    package var borrowed = Money.zero
    package var charges = Money.zero
    /// How many clients each reason is one of.
    package var reasons: [Reason: Int] = [:]

    package init() {}

    /// The sums over these rows.
    package init(_ rows: [PreflightRow]) {
        for row in rows {
            clients += 1
            for reason in row.reasons { reasons[reason, default: 0] += 1 }
            guard row.quantity > .zero else { continue }
            orders += 1
            quantity += row.quantity.raw
            cost += row.cost
            hold += row.hold
            own += row.own
            borrowed += row.borrowed
            charges += row.charges.total
        }
    }
}
