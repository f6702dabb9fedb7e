/// One client's order within a bulk trade: at most one live order at a broker, ever.
package struct OrderIntent: Sendable, Equatable {
    package let id: IntentID
    package let task: TaskID
    package let client: ClientID
    /// The leg of a basket; 0 where there is one only.
    package let leg: Int16
    package let broker: BrokerName
    /// Nil exactly where the paper broker executes.
    package let account: AccountID?
    package let state: OrderState
    package let reason: Reason?
    /// Broker's words beside our reason; never a secret.
    package let note: String?
    package let quantity: Quantity
    /// The price from which the order was sized.
    package let sizingPrice: Price?
    /// Cash held for what is not filled yet.
    package let held: Money
    package let filled: Quantity
    /// What the filled part cost or brought.
    package let filledValue: Money
    package let brokerOrderID: String?
    /// Of what the filled part cost, what was lent.
    package let borrowed: Money

    package init(
        id: IntentID,
        task: TaskID,
        client: ClientID,
        leg: Int16,
        broker: BrokerName,
        account: AccountID?,
        state: OrderState,
        reason: Reason?,
        note: String?,
        quantity: Quantity,
        sizingPrice: Price?,
        held: Money,
        filled: Quantity,
        filledValue: Money,
        brokerOrderID: String?,
        borrowed: Money = .zero
    ) {
        self.id = id
        self.task = task
        self.client = client
        self.leg = leg
        self.broker = broker
        self.account = account
        self.state = state
        self.reason = reason
        self.note = note
        self.quantity = quantity
        self.sizingPrice = sizingPrice
        self.held = held
        self.filled = filled
        self.filledValue = filledValue
        self.brokerOrderID = brokerOrderID
        self.borrowed = borrowed
    }
}

extension OrderIntent {
    /// What one share cost or brought on average, rounded to the nearest; nil where none is filled.
    package var averagePrice: Price? { Price(average: filledValue, of: filled) }
}
