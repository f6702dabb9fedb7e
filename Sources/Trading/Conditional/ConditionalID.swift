/// Names what a conditional order's id counts.
package enum ConditionalOrder {}

/// A conditional order's id.
package typealias ConditionalID = ID<ConditionalOrder>
