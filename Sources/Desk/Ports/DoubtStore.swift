package import Trading

/// What people and the scheduler do about UNKNOWN orders; the workers' side is in `OrderStore`.
package protocol DoubtStore: Sendable {
    /// UNKNOWN orders in the order of their ids, with what is known of each.
    func unknownOrders(_ query: UnknownQuery) async throws(StoreFailure) -> [UnknownOrder]

    /// How many orders are UNKNOWN at each broker that has any.
    func unknownCounts() async throws(StoreFailure) -> [UnknownCount]

    /// UNKNOWN orders of which nobody was told yet, and which a look has not settled or which are
    /// older than `age`: each is given once in the whole cluster.
    func takeAlerts(age: Duration, limit: Int) async throws(StoreFailure) -> [UnknownOrder]

    /// Makes every UNKNOWN order due for a look now.
    ///
    /// - Returns: how many.
    func lookNow() async throws(StoreFailure) -> Int

    /// Writes down what an operator decides of an UNKNOWN order, or of one whose fills nobody saw, with what was known at that moment;
    /// of several decisions at once, and of a decision and the books, the first one wins.
    func decide(_ decision: OrderDecision, by actor: Actor) async throws(StoreFailure)
        -> DecisionOutcome
}

/// What is known of an order whose outcome is not.
package struct DoubtRecord: Sendable, Equatable {
    package let attempt: Int16
    /// Our id on the order, for whoever searches the broker's books by hand.
    package let reference: String
    package let since: Timestamp
    /// What came back from the placement, in words.
    package let outcome: String?
    /// The broker's words in its answer to the placement, if there were any.
    package let brokerWords: String?
    /// How often the books were asked, and how often they answered in full without the order.
    package let looks: Int
    package let absences: Int
    package let lookedAt: Timestamp?
    /// What the last look brought, in the broker's words where it used any.
    package let lastAnswer: String?

    package init(
        attempt: Int16,
        reference: String,
        since: Timestamp,
        outcome: String?,
        brokerWords: String?,
        looks: Int,
        absences: Int,
        lookedAt: Timestamp?,
        lastAnswer: String?
    ) {
        self.attempt = attempt
        self.reference = reference
        self.since = since
        self.outcome = outcome
        self.brokerWords = brokerWords
        self.looks = looks
        self.absences = absences
        self.lookedAt = lookedAt
        self.lastAnswer = lastAnswer
    }
}

/// An UNKNOWN order as an operator sees it.
package struct UnknownOrder: Sendable {
    package let job: OrderJob
    package let client: ClientID
    package let clientCode: String
    package let brokerClientID: String?
    package let symbol: String
    package let side: Side
    package let quantity: Quantity
    package let held: Money
    package let doubt: DoubtRecord

    package init(
        job: OrderJob,
        client: ClientID,
        clientCode: String,
        brokerClientID: String?,
        symbol: String,
        side: Side,
        quantity: Quantity,
        held: Money,
        doubt: DoubtRecord
    ) {
        self.job = job
        self.client = client
        self.clientCode = clientCode
        self.brokerClientID = brokerClientID
        self.symbol = symbol
        self.side = side
        self.quantity = quantity
        self.held = held
        self.doubt = doubt
    }
}

/// Which UNKNOWN orders are asked for.
package struct UnknownQuery: Sendable {
    /// Nil: of all traders (for admins only).
    package let trader: TraderID?
    package let after: IntentID?
    package let limit: Int

    package init(trader: TraderID?, after: IntentID? = nil, limit: Int) {
        self.trader = trader
        self.after = after
        self.limit = limit
    }
}

/// How many orders are UNKNOWN at one broker, and since when the oldest is.
package struct UnknownCount: Sendable, Equatable {
    package let broker: BrokerName
    package let count: Int
    package let oldest: Timestamp

    package init(broker: BrokerName, count: Int, oldest: Timestamp) {
        self.broker = broker
        self.count = count
        self.oldest = oldest
    }
}

/// What an operator decides of an UNKNOWN order, having asked the broker or the client.
package struct OrderDecision: Sendable, Equatable {
    /// What the operator found out.
    package enum Verdict: Sendable, Equatable {
        /// The broker has it under this id: it goes on as an accepted order and is looked at.
        case placed(brokerOrderID: String)
        /// It was never placed: it ends, and its funds are free.
        case notPlaced
        /// Of an order whose day is over and of which no book can tell: it has ended with the fills that
        /// are known, and its funds are free. What the broker filled beside shows in drift.
        case ended
    }

    package let intent: IntentID
    package let verdict: Verdict
    /// Why, in the operator's words.
    package let reason: String

    package init(intent: IntentID, verdict: Verdict, reason: String) {
        self.intent = intent
        self.verdict = verdict
        self.reason = reason
    }
}

/// What became of a decision.
package enum DecisionOutcome: Sendable, Equatable {
    /// Written down; the order is in this state now.
    case decided(OrderState, OrderJob)
    /// The order is not UNKNOWN, or not any more, or not one to be decided so: nothing was changed.
    case notUnknown(OrderState)
    case notFound
}
