package import Trading

/// Tells what executed orders would cost, by the broker's own reckoning.
package protocol ChargeSource: Sendable {
    /// One estimate for each order, in their order.
    func charges(_ orders: [ProspectiveOrder], _ session: BrokerSession)
        async throws(BrokerFailure) -> [ChargeEstimate]
}

/// What one order would cost.
package struct ChargeEstimate: Sendable, Equatable {
    /// What is charged for.
    package enum Kind: String, Sendable, CaseIterable {
        case brokerage
        /// Securities (or commodities) transaction tax.
        case transactionTax = "transaction_tax"
        case exchange
        /// The regulator's turnover fee.
        case regulator
        case stampDuty = "stamp_duty"
        case goodsAndServicesTax = "gst"
        case investorProtection = "investor_protection"
        case clearing
        case depository
        /// What the broker puts under no name.
        case others
    }

    /// One line of an estimate.
    package struct Line: Sendable, Equatable {
        package let kind: Kind
        package let amount: Money

        package init(_ kind: Kind, _ amount: Money) {
            self.kind = kind
            self.amount = amount
        }
    }

    package let total: Money
    /// What the broker tells apart; empty where it says but one sum.
    package let lines: [Line]

    package init(total: Money, lines: [Line]) {
        self.total = total
        self.lines = lines
    }
}
