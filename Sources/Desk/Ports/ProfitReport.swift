package import Trading

/// Reads an account's realised profit as its broker reckons it for the tax return.
package protocol ProfitReportSource: Sendable {
    /// One page of what was bought and sold; pages are counted from 0.
    func profitReport(_ period: ReportPeriod, page: Int, _ session: BrokerSession)
        async throws(BrokerFailure) -> ProfitReport

    /// What the broker charged for all of it.
    func profitCharges(_ period: ReportPeriod, _ session: BrokerSession)
        async throws(BrokerFailure) -> ChargeEstimate
}

/// What a report is about: one segment in one financial year, or a part of it.
package struct ReportPeriod: Sendable, Equatable {
    /// Kinds of instruments that are reported apart.
    package enum Segment: String, Sendable, CaseIterable {
        case equity = "EQ"
        case derivatives = "FO"
        case commodities = "COM"
        case currencies = "CD"
    }

    package let segment: Segment
    /// The year in which it begins, in April.
    package let startYear: Int
    /// Days of it; nil: all.
    package let days: ClosedRange<CalendarDay>?

    /// Nil where the days are not in that financial year.
    package init?(segment: Segment, startYear: Int, days: ClosedRange<CalendarDay>?) {
        guard let first = CalendarDay(year: startYear, month: 4, day: 1),
            let last = CalendarDay(year: startYear + 1, month: 3, day: 31)
        else { return nil }
        if let days, days.lowerBound < first || days.upperBound > last { return nil }
        self.segment = segment
        self.startYear = startYear
        self.days = days
    }
}

/// A page of such a report.
package struct ProfitReport: Sendable, Equatable {
    package let rows: [RealisedRow]
    /// Rows of all pages.
    package let total: Int
    package let hasMore: Bool

    package init(rows: [RealisedRow], total: Int, hasMore: Bool) {
        self.rows = rows
        self.total = total
        self.hasMore = hasMore
    }
}

/// Shares that were bought and sold, as the broker matched them.
package struct RealisedRow: Sendable, Equatable {
    /// One of its two sides.
    package struct Part: Sendable, Equatable {
        /// The day as the broker writes it.
        package let dayText: String
        package let average: Price
        package let amount: Money

        package init(dayText: String, average: Price, amount: Money) {
            self.dayText = dayText
            self.average = average
            self.amount = amount
        }
    }

    package let name: String
    package let isin: String?
    /// The broker's word for the kind of trade.
    package let kind: String
    package let quantity: Quantity
    package let bought: Part
    package let sold: Part

    package init(
        name: String,
        isin: String?,
        kind: String,
        quantity: Quantity,
        bought: Part,
        sold: Part
    ) {
        self.name = name
        self.isin = isin
        self.kind = kind
        self.quantity = quantity
        self.bought = bought
        self.sold = sold
    }

    /// Before charges.
    package var profit: Money { sold.amount - bought.amount }
}
