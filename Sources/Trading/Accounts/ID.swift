/// The number that names one row of a kind; ids of different kinds cannot be mixed up.
package struct ID<Subject>: Hashable, Comparable, Sendable {
    /// The number as stored.
    package let raw: Int64

    /// The id with this number.
    package init(_ raw: Int64) { self.raw = raw }

    package static func < (left: ID, right: ID) -> Bool { left.raw < right.raw }
}

extension ID: CustomStringConvertible {
    package var description: String { String(raw) }
}

/// Names what a trader id counts: somebody who submits bulk trades for clients.
package enum Trader {}
/// Names what a user id counts: somebody or something that logs in.
package enum User {}

/// A trader's id.
package typealias TraderID = ID<Trader>
/// A user's id.
package typealias UserID = ID<User>
/// A client's id.
package typealias ClientID = ID<Client>
/// A broker account's id.
package typealias AccountID = ID<BrokerAccount>
/// An instrument's id.
package typealias InstrumentID = ID<Instrument>
/// A bulk trade's id: the task id that the trader polls.
package typealias TaskID = ID<BulkTrade>
/// The id of one client's order within a bulk trade.
package typealias IntentID = ID<OrderIntent>
