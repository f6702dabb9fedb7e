/// What a broker's list says of one conditional order, in our words.
package struct ConditionalReport: Sendable, Equatable {
    /// The broker's status, told in the states that every broker has.
    package enum Status: String, Sendable, CaseIterable {
        /// Waits for its price, or, a bracket, for its entry.
        case waiting
        /// A bracket whose exits wait.
        case entered
        /// What it was for has been sent.
        case triggered
        case cancelled
        case rejected
        case expired
    }

    package let brokerID: String
    /// Our reference as the broker echoes it; nil where its list has none.
    package let reference: String?
    package let status: Status
    package let content: ConditionalContent
    /// When the broker took it; nil where it does not say.
    package let createdAt: Timestamp?
    /// The broker's ids of the orders that came of it.
    package let orders: [String]
    /// The broker's words for a rejection.
    package let message: String?
    /// When it fired, by the broker's clock; nil where the broker does not say.
    package let firedAt: Timestamp?
    /// Whether what it sent has filled, where the broker says so.
    package let hasFilled: Bool

    package init(
        brokerID: String,
        reference: String?,
        status: Status,
        content: ConditionalContent,
        createdAt: Timestamp?,
        orders: [String],
        message: String?,
        firedAt: Timestamp? = nil,
        hasFilled: Bool = false
    ) {
        self.brokerID = brokerID
        self.reference = reference
        self.status = status
        self.content = content
        self.createdAt = createdAt
        self.orders = orders
        self.message = message
        self.firedAt = firedAt
        self.hasFilled = hasFilled
    }
}

/// By what a conditional order can be told from others where it carries no reference of ours.
package struct ConditionalContent: Sendable, Hashable {
    package let kind: ConditionalKind
    package let side: Side
    /// The broker's own code of the instrument.
    package let code: String
    package let quantity: Quantity
    /// One, or the target's before the stop's.
    package let triggers: [Price]

    package init(
        kind: ConditionalKind,
        side: Side,
        code: String,
        quantity: Quantity,
        triggers: [Price]
    ) {
        self.kind = kind
        self.side = side
        self.code = code
        self.quantity = quantity
        self.triggers = triggers
    }
}

extension ConditionalTerms {
    /// What a list would show of this, where the broker knows the instrument by `code`.
    package func content(code: String) -> ConditionalContent {
        ConditionalContent(
            kind: kind,
            side: side,
            code: code,
            quantity: quantity,
            triggers: condition.legs.map(\.trigger)
        )
    }
}
