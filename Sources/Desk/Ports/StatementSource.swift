package import Trading

/// Reads an account's money movements as its broker booked them.
package protocol LedgerStatementSource: Sendable {
    /// The lines of these days, both included, in the broker's order.
    func ledger(_ days: ClosedRange<CalendarDay>, _ session: BrokerSession)
        async throws(BrokerFailure) -> [StatementLine]
}

/// Reads an account's trades of past days.
package protocol TradeStatementSource: Sendable {
    /// One page of the trades of these days, both included; pages are counted from 0.
    func pastTrades(_ days: ClosedRange<CalendarDay>, page: Int, _ session: BrokerSession)
        async throws(BrokerFailure) -> PastTrades
}

/// One line of a broker's ledger.
package struct StatementLine: Sendable, Equatable {
    package let day: CalendarDay?
    /// The day as the broker writes it.
    package let dayText: String
    package let narration: String
    package let voucher: String?
    package let exchange: String?
    package let debit: Money
    package let credit: Money
    /// What was there after it; nil where the broker does not say.
    package let balance: Money?

    package init(
        day: CalendarDay?,
        dayText: String,
        narration: String,
        voucher: String?,
        exchange: String?,
        debit: Money,
        credit: Money,
        balance: Money?
    ) {
        self.day = day
        self.dayText = dayText
        self.narration = narration
        self.voucher = voucher
        self.exchange = exchange
        self.debit = debit
        self.credit = credit
        self.balance = balance
    }
}

/// A page of past trades.
package struct PastTrades: Sendable, Equatable {
    package let trades: [PastTrade]
    /// Whether another page may follow.
    package let hasMore: Bool

    package init(trades: [PastTrade], hasMore: Bool) {
        self.trades = trades
        self.hasMore = hasMore
    }
}

/// A trade of a past day.
package struct PastTrade: Sendable, Equatable {
    package let tradeID: String
    /// Nil where the broker's list does not name the order.
    package let brokerOrderID: String?
    package let symbol: String
    package let isin: String?
    package let segment: String
    package let side: Side
    package let quantity: Quantity
    package let price: Price
    /// When, as the broker writes it: a day or a moment.
    package let atText: String
    /// What the broker charged for it, where it tells in the list.
    package let charges: [ChargeEstimate.Line]
    /// The broker's own code of the instrument; nil where the list does not show it.
    package let code: String?
    package let product: Product?
    /// When its order came; nil where the list does not show it.
    package let orderedAt: Timestamp?

    package init(
        tradeID: String,
        brokerOrderID: String?,
        symbol: String,
        isin: String?,
        segment: String,
        side: Side,
        quantity: Quantity,
        price: Price,
        atText: String,
        charges: [ChargeEstimate.Line],
        code: String? = nil,
        product: Product? = nil,
        orderedAt: Timestamp? = nil
    ) {
        self.tradeID = tradeID
        self.brokerOrderID = brokerOrderID
        self.symbol = symbol
        self.isin = isin
        self.segment = segment
        self.side = side
        self.quantity = quantity
        self.price = price
        self.atText = atText
        self.charges = charges
        self.code = code
        self.product = product
        self.orderedAt = orderedAt
    }
}
