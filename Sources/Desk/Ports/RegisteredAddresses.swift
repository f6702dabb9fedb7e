import Trading

/// The addresses from which a broker takes an account's orders.
package protocol RegisteredAddresses: Sendable {
    /// Asked by the account's own way out, so that a broker may say from where it sees the question.
    func addresses(_ session: BrokerSession) async throws(BrokerFailure) -> AddressList

    /// Puts addresses on the list; a broker allows that once in a week or so.
    ///
    /// `secondary` nil: as it was.
    func register(primary: String, secondary: String?, _ session: BrokerSession)
        async throws(BrokerFailure) -> AddressChange
}

/// A broker's list of an account's addresses.
package struct AddressList: Sendable, Equatable {
    package let primary: String?
    package let secondary: String?
    /// When the list was changed last, as the broker writes it.
    package let changed: String?
    /// The address from which the broker saw the question come; nil where it does not say.
    package let seenFrom: String?

    package init(primary: String?, secondary: String?, changed: String?, seenFrom: String?) {
        self.primary = primary
        self.secondary = secondary
        self.changed = changed
        self.seenFrom = seenFrom
    }

    /// The addresses that are on it.
    package var registered: [String] { [primary, secondary].compactMap(\.self) }

    /// How a session's way out stands, with the list in words.
    package func standing(of session: BrokerSession) -> CheckedSession.Addresses {
        let standing = EgressStanding(
            of: session.egress.flatMap { EgressPlace($0) },
            registered: registered,
            seenFrom: seenFrom
        )
        let list = registered.isEmpty ? "no address" : registered.joined(separator: " and ")
        let seen = seenFrom.map { ", and sees \($0)" } ?? ""
        return CheckedSession.Addresses(
            standing: standing,
            words: "the broker has \(list) on its list\(seen)"
        )
    }
}

/// What a changed list brings with it.
package struct AddressChange: Sendable, Equatable {
    package let list: AddressList
    /// Whether all sessions of the account are over now: somebody must log in.
    package let endsSessions: Bool

    package init(list: AddressList, endsSessions: Bool) {
        self.list = list
        self.endsSessions = endsSessions
    }
}
