/// What a broker's books say of one order, in our words.
package struct OrderReport: Sendable, Equatable {
    /// The broker's status, told in the states that every broker has.
    package enum Status: String, Sendable, CaseIterable {
        /// Taken by the broker, not yet at the exchange.
        case inTransit
        case open
        case partlyFilled
        case filled
        case cancelled
        case rejected
        case expired

        /// Whether nothing more becomes of the order, but for fills that are told late.
        package var isFinal: Bool {
            switch self {
            case .filled, .cancelled, .rejected, .expired: true
            case .inTransit, .open, .partlyFilled: false
            }
        }
    }

    package let brokerOrderID: String
    /// Our reference as the broker echoes it; nil for orders that others placed.
    package let reference: String?
    package let status: Status
    package let quantity: Quantity
    package let filled: Quantity
    /// The broker's words for a rejection.
    package let message: String?
    /// Kind and prices, where the books show them.
    package let reported: ReportedShape?
    /// By what it can be told from others, where the books show that.
    package let particulars: OrderParticulars?

    package init(
        brokerOrderID: String,
        reference: String?,
        status: Status,
        quantity: Quantity,
        filled: Quantity,
        message: String?,
        reported: ReportedShape? = nil,
        particulars: OrderParticulars? = nil
    ) {
        self.brokerOrderID = brokerOrderID
        self.reference = reference
        self.status = status
        self.quantity = quantity
        self.filled = filled
        self.message = message
        self.reported = reported
        self.particulars = particulars
    }
}

/// What an order is about, as the books show it: by this one that carries no reference is known.
package struct OrderParticulars: Sendable, Equatable {
    package let side: Side
    /// The broker's own code of the instrument.
    package let code: String
    /// When it came or last changed, as the broker says; nil where it does not.
    package let at: Timestamp?
    /// Nil where the books do not show it, or in a word that is none of ours.
    package let product: Product?
    /// The broker's word for the part that it plays in a larger order; nil for one of its own.
    package let leg: String?

    package init(
        side: Side,
        code: String,
        at: Timestamp?,
        product: Product? = nil,
        leg: String? = nil
    ) {
        self.side = side
        self.code = code
        self.at = at
        self.product = product
        self.leg = leg
    }
}

/// One trade as the broker's books give it.
package struct TradeReport: Sendable, Equatable {
    package let brokerOrderID: String
    /// The broker's id of the trade; unique per account and day.
    package let tradeID: String
    package let quantity: Quantity
    package let price: Price
    package let at: Timestamp

    package init(
        brokerOrderID: String,
        tradeID: String,
        quantity: Quantity,
        price: Price,
        at: Timestamp
    ) {
        self.brokerOrderID = brokerOrderID
        self.tradeID = tradeID
        self.quantity = quantity
        self.price = price
        self.at = at
    }
}
