/// What kind of trade is charged: each has rates of its own.
package enum TradeSegment: String, Sendable, CaseIterable {
    case delivery
    case intraday
    case futures
    case options

    /// The segment of an order for shares.
    package init(_ product: Product) {
        switch product {
        case .delivery, .marginFunding: self = .delivery
        case .intraday: self = .intraday
        // Shares are never carried forward; futures are what the product is for.
        case .carryForward: self = .futures
        }
    }
}
