/// Looks in an account's order book for the orders that came of a conditional order.
///
/// 1. What the broker's list names, or what carries the conditional order's reference, is it.
/// 2. Where the list names none, an order that is alike is: of the same instrument, side, quantity
///    and price, not older than when the conditional order was last seen to wait, and not known to
///    be anything else.
/// 3. Of two that are alike neither is taken: a person must tell.
package struct FiredSearch: Sendable {
    /// What the book told.
    package enum Finding: Sendable, Equatable {
        /// Orders that came of it and are not ours yet; empty where the book has none.
        case found([OrderReport])
        /// So many are alike, and none can be told from the others.
        case ambiguous(Int)
    }

    package let terms: ConditionalTerms
    /// The broker's own code of the instrument.
    package let code: String
    /// Our reference on the conditional order.
    package let reference: String?
    /// What the broker's list calls the orders that came of it.
    package let named: [String]
    /// Whether it names all of them: then nothing is taken by its looks.
    package let namesAll: Bool
    /// Whether it has fired, as that list says.
    package let hasFired: Bool
    /// When it was last seen to wait.
    package let since: Timestamp

    package init(
        terms: ConditionalTerms,
        code: String,
        reference: String?,
        named: [String],
        namesAll: Bool,
        hasFired: Bool,
        since: Timestamp
    ) {
        self.terms = terms
        self.code = code
        self.reference = reference
        self.named = named
        self.namesAll = namesAll
        self.hasFired = hasFired
        self.since = since
    }

    /// By how much a broker's clock may be behind ours.
    private static let slack: Duration = .seconds(120)

    /// What `book` tells.
    ///
    /// `booked`: what came of this one and is ours already. `known`: ids of other orders that are.
    /// `mark`: that of this installation's references.
    package func callAsFunction(
        _ book: [OrderReport],
        booked: [FiredOrder],
        known: Set<String>,
        mark: String
    ) -> Finding {
        let taken = known.union(booked.map(\.brokerOrderID))
        let free = book.filter { !taken.contains($0.brokerOrderID) && $0.particulars != nil }
        var found = free.filter { report in
            named.contains(report.brokerOrderID)
                || (reference != nil && report.reference == reference)
        }
        let sides = booked.map(\.side) + found.compactMap { $0.particulars?.side }
        guard hasFired, !namesAll, !sides.contains(terms.exitSide ?? terms.side) else {
            return .found(found)
        }
        let ids = Set(found.map(\.brokerOrderID))
        let alike = free.filter { report in
            !ids.contains(report.brokerOrderID) && isAlike(report)
                && !(report.reference.map { BrokerReference.isMade($0, with: mark) } ?? false)
        }
        guard alike.count < 2 else { return .ambiguous(alike.count) }
        found += alike
        return .found(found)
    }

    private func isAlike(_ report: OrderReport) -> Bool {
        guard let order = report.particulars, order.code == code,
            order.side == terms.exitSide ?? terms.side,
            // What a bracket's entry has not filled, its exits do not close.
            terms.kind == .bracket
                ? report.quantity <= terms.quantity : report.quantity == terms.quantity,
            order.at.map({ since.duration(to: $0) > .zero - Self.slack }) ?? true
        else { return false }
        return terms.condition.legs.contains { hasPrice(report, of: $0) }
    }

    private func hasPrice(_ report: OrderReport, of leg: TriggeredLeg) -> Bool {
        // A stop that trails has moved; one without a limit is sent as the broker pleases.
        if case .bracket(_, _, _, _?) = terms.condition { return true }
        guard let price = leg.price else { return true }
        return report.reported?.type?.hasPrice != true || report.reported?.price == price
    }
}

/// An order that came of a conditional order and is in our books.
package struct FiredOrder: Sendable, Hashable {
    package let brokerOrderID: String
    package let side: Side
    package let intent: IntentID

    package init(brokerOrderID: String, side: Side, intent: IntentID) {
        self.brokerOrderID = brokerOrderID
        self.side = side
        self.intent = intent
    }
}
