/// What ties a bulk trade to others.
package struct TradeLinks: Sendable, Equatable {
    /// The trade whose orders, proven not to have been placed, this one places.
    package var repairs: TaskID?
    /// The trade that this one takes back.
    package var undoes: TaskID?
    package var basket: BasketID?
    /// Its place in the basket, from 0.
    package var leg: Int16?
    /// Whether each client's order waits until that client's sales of the basket have ended.
    package var waitsForSales = false

    package init() {}
}

/// Names what a basket id counts.
package enum BasketNumber {}
/// The id of several bulk trades that were submitted as one.
package typealias BasketID = ID<BasketNumber>

/// In which order the legs of a basket go.
package enum BasketSequence: String, Sendable, CaseIterable {
    /// All at once.
    case together
    /// A client's purchases begin when that client's sales are filled or have ended otherwise.
    case sellsFirst = "sells_first"
}

/// What follows for a client of whom a leg was refused.
package enum RefusalPolicy: String, Sendable, CaseIterable {
    case goOn = "go_on"
    /// What was not sent of the client's other legs is not sent any more; what is at a broker stays.
    case stop
}
