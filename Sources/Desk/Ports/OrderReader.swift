package import Trading

/// Where single orders are read, with all that happened to them.
package protocol OrderReader: Sendable {
    /// One page of a client's orders, newest trade first.
    func orders(_ query: ClientOrdersQuery) async throws(StoreFailure) -> [ListedOrder]

    /// One order, whoever's it is; nil where there is none.
    func order(_ id: IntentID) async throws(StoreFailure) -> ListedOrder?

    /// What each client's orders of a trade come to together, in the order of the clients' ids: of a
    /// client whose order was cut into slices there are several.
    func sums(of trade: TaskID, after: ClientID?, limit: Int) async throws(StoreFailure)
        -> [ClientSum]

    /// What happened to an order, oldest first.
    func events(of order: IntentID) async throws(StoreFailure) -> [OrderEventRecord]
}

/// Which of a client's orders are asked for.
package struct ClientOrdersQuery: Sendable {
    /// A place in the list: beyond this order.
    package struct Place: Sendable, Equatable {
        package let task: TaskID
        package let leg: Int16

        package init(task: TaskID, leg: Int16) {
            self.task = task
            self.leg = leg
        }
    }

    package let client: ClientID
    /// Only orders in one of these states; empty: all.
    package let states: Set<OrderState>
    /// Of trades accepted from this moment on, and before that one.
    package let from: Timestamp?
    package let to: Timestamp?
    package let after: Place?
    package let limit: Int

    package init(
        client: ClientID,
        states: Set<OrderState> = [],
        from: Timestamp? = nil,
        to: Timestamp? = nil,
        after: Place? = nil,
        limit: Int
    ) {
        self.client = client
        self.states = states
        self.from = from
        self.to = to
        self.after = after
        self.limit = limit
    }
}

/// One order with its terms as they are now.
package struct ListedOrder: Sendable {
    package let result: ClientResult
    package let trader: TraderID
    package let terms: OrderTerms
    package let acceptedAt: Timestamp

    package init(
        result: ClientResult,
        trader: TraderID,
        terms: OrderTerms,
        acceptedAt: Timestamp
    ) {
        self.result = result
        self.trader = trader
        self.terms = terms
        self.acceptedAt = acceptedAt
    }
}

/// All orders of one client in one trade.
package struct ClientSum: Sendable, Equatable {
    package let client: ClientID
    package let code: String
    package let name: String
    package let orders: Int
    package let quantity: Quantity
    package let filled: Quantity
    /// What the filled part cost or brought.
    package let filledValue: Money
    package let held: Money
    /// The states that any of them is in.
    package let states: Set<OrderState>

    package init(
        client: ClientID,
        code: String,
        name: String,
        orders: Int,
        quantity: Quantity,
        filled: Quantity,
        filledValue: Money,
        held: Money,
        states: Set<OrderState>
    ) {
        self.client = client
        self.code = code
        self.name = name
        self.orders = orders
        self.quantity = quantity
        self.filled = filled
        self.filledValue = filledValue
        self.held = held
        self.states = states
    }
}

/// One thing that happened to an order.
package struct OrderEventRecord: Sendable, Equatable {
    /// What can happen; the word is stable and appears in answers.
    package enum Kind: String, Sendable, CaseIterable {
        case accepted
        case planned
        case sent
        /// The broker answered to a send, or the doubt about it ended.
        case answered
        case filled
        case cancelAsked = "cancel_asked"
        case modifyAsked = "modify_asked"
        case modifyEnded = "modify_ended"
        /// Nothing more is expected of the order.
        case ended
    }

    package let at: Timestamp
    package let kind: Kind
    /// For people; never a secret.
    package let detail: String?

    package init(at: Timestamp, kind: Kind, detail: String?) {
        self.at = at
        self.kind = kind
        self.detail = detail
    }
}
