/// Looks in an account's order book for the orders that came of a conditional order.
///
/// 1. What the broker's list names, or what carries the conditional order's reference, is it.
/// 2. Where the list names none, an order that is alike may be: of the same instrument, side, product,
///    quantity and price, not older than when the conditional order was last seen to wait, near the
///    moment when the broker says that it fired, and not known to be anything else.
/// 3. It is taken only where nothing else can be: what fired must be among what was read (`Scope`), so
///    that the only one that is alike is it, and not an order like it that somebody placed by hand.
/// 4. Of two that are alike neither is taken: a person must tell.
package struct FiredSearch: Sendable {
    /// What the book told.
    package enum Finding: Sendable, Equatable {
        /// Orders that came of it and are not ours yet; empty where the book has none.
        case found([OrderReport])
        /// So many are alike, and none can be told from the others.
        case ambiguous(Int)
        /// One is alike, and may still be another's: what fired need not be among what was read.
        case doubtful
    }

    /// What the orders that were read are all of.
    package enum Scope: Sendable, Equatable {
        /// It fired in the time that they are of, and long enough ago to be shown.
        case whole
        /// What fired may not be shown yet, or may be of a day that was not read.
        case part
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
    /// When it fired, by the broker's own clock; nil where that is not known.
    package let firedAt: Timestamp?
    /// Whether an order that the broker makes of it may carry a reference that is none of ours.
    package let mayCarryReference: Bool

    package init(
        terms: ConditionalTerms,
        code: String,
        reference: String?,
        named: [String],
        namesAll: Bool,
        hasFired: Bool,
        since: Timestamp,
        firedAt: Timestamp? = nil,
        mayCarryReference: Bool = true
    ) {
        self.terms = terms
        self.code = code
        self.reference = reference
        self.named = named
        self.namesAll = namesAll
        self.hasFired = hasFired
        self.since = since
        self.firedAt = firedAt
        self.mayCarryReference = mayCarryReference
    }

    /// By how much a broker's clock may be behind ours.
    private static let slack: Duration = .seconds(120)
    /// How long before and after it fired its order may have come, both by the broker's clock.
    private static let early: Duration = .seconds(2)
    private static let late: Duration = .seconds(60)

    /// What `book` tells.
    ///
    /// `booked`: what came of this one and is ours already. `known`: ids of other orders that are.
    /// `mark`: that of this installation's references.
    package func callAsFunction(
        _ book: [OrderReport],
        booked: [FiredOrder],
        known: Set<String>,
        mark: String,
        scope: Scope = .whole
    ) -> Finding {
        let taken = known.union(booked.map(\.brokerOrderID))
        let free = book.filter { !taken.contains($0.brokerOrderID) && $0.particulars != nil }
        let found = free.filter { report in
            named.contains(report.brokerOrderID)
                || (reference != nil && report.reference == reference)
        }
        let sides = booked.map(\.side) + found.compactMap { $0.particulars?.side }
        guard hasFired, !namesAll, !sides.contains(terms.exitSide ?? terms.side) else {
            return .found(found)
        }
        let ids = Set(found.map(\.brokerOrderID))
        let alike = atItsTime(
            free.filter {
                !ids.contains($0.brokerOrderID) && isAlike($0) && !isAnothers($0, mark)
            }
        )
        guard alike.orders.count < 2 else { return .ambiguous(alike.orders.count) }
        guard !alike.orders.isEmpty, scope == .part, !alike.areTimed else {
            return .found(found + alike.orders)
        }
        return found.isEmpty ? .doubtful : .found(found)
    }

    /// Those that play a part in a larger order, where some do; and whether all came when it fired.
    private func atItsTime(_ alike: [OrderReport]) -> (orders: [OrderReport], areTimed: Bool) {
        let legs = alike.filter { $0.particulars?.leg != nil }
        let orders = legs.isEmpty ? alike : legs
        let areTimed = firedAt != nil && orders.allSatisfy { $0.particulars?.at != nil }
        return (orders, areTimed)
    }

    private func isAlike(_ report: OrderReport) -> Bool {
        guard let order = report.particulars, order.code == code,
            order.side == terms.exitSide ?? terms.side,
            (order.product ?? terms.product) == terms.product,
            // What a bracket's entry has not filled, its exits do not close.
            terms.kind == .bracket
                ? report.quantity <= terms.quantity : report.quantity == terms.quantity,
            isInTime(order.at)
        else { return false }
        return terms.condition.legs.contains { hasPrice(report, of: $0) }
    }

    private func isInTime(_ moment: Timestamp?) -> Bool {
        guard let moment else { return true }
        guard since.duration(to: moment) > .zero - Self.slack else { return false }
        guard let firedAt else { return true }
        let distance = firedAt.duration(to: moment)
        return distance >= .zero - Self.early && distance <= Self.late
    }

    /// Whether its reference says that it is another order of ours, or somebody else's.
    private func isAnothers(_ report: OrderReport, _ mark: String) -> Bool {
        guard let own = report.reference, !own.isEmpty else { return false }
        return !mayCarryReference || BrokerReference.isMade(own, with: mark)
            || BrokerReference.isMadeForConditional(own, with: mark)
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
