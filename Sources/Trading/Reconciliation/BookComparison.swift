/// One attempt of ours, as our books have it.
package struct OurAttempt: Sendable, Equatable {
    package let intent: IntentID
    package let task: TaskID
    package let reference: String
    package let brokerOrderID: String?
    /// The state of the whole order.
    package let state: OrderState
    package let quantity: Quantity
    package let filled: Quantity
    /// Whether it is proven, refused or decided that this attempt was not placed.
    package let isDead: Bool
    /// Whether it is the order's last attempt: only that one may be booked.
    package let isLatest: Bool
    /// How long ago it was sent.
    package let age: Duration
    /// Set where its day is over and nobody could see what it filled.
    package let untold: Untold?

    /// What the broker's holdings may tell of such an order.
    package struct Untold: Sendable, Hashable {
        package let side: Side
        /// The symbol of shares that stay with the client; nil for what ends with the day.
        package let symbol: String?

        package init(side: Side, symbol: String?) {
            self.side = side
            self.symbol = symbol
        }
    }

    package init(
        intent: IntentID,
        task: TaskID,
        reference: String,
        brokerOrderID: String?,
        state: OrderState,
        quantity: Quantity,
        filled: Quantity,
        isDead: Bool,
        isLatest: Bool,
        age: Duration,
        untold: Untold? = nil
    ) {
        self.intent = intent
        self.task = task
        self.reference = reference
        self.brokerOrderID = brokerOrderID
        self.state = state
        self.quantity = quantity
        self.filled = filled
        self.isDead = isDead
        self.isLatest = isLatest
        self.age = age
        self.untold = untold
    }

    fileprivate var side: BookSide {
        BookSide(state: state.rawValue, quantity: quantity, filled: filled)
    }
}

/// Compares one account's orders of a day with the whole book of its broker.
///
/// 1. Every order of the broker is matched at most once: by our reference, else by its own id.
/// 2. SENDING and UNKNOWN orders are no differences: doubt has its own way. They are `found` where
///    the book shows them.
/// 3. What is younger than the broker's visibility lag may be missing from the book.
/// 4. What carries no reference of ours is external, whatever else it looks like.
package struct BookComparison: Sendable {
    /// The differences, ours first, then theirs.
    package private(set) var drifts: [Drift] = []
    /// Orders of ours of which the book tells something new that can be booked.
    package private(set) var news: [(intent: IntentID, report: OrderReport)] = []
    /// Orders in doubt that the book shows.
    package private(set) var found: [IntentID] = []
    /// Orders at the broker that are none of ours.
    package private(set) var externals = 0
    private let lag: Duration

    /// Compares; `mark` is the one of this installation's references, `lag` how long the broker may
    /// take to list an order.
    package init(ours: [OurAttempt], theirs: [OrderReport], mark: String, lag: Duration) {
        self.lag = lag
        let byID = Dictionary(theirs.map { ($0.brokerOrderID, $0) }) { first, _ in first }
        let byReference = Dictionary(
            grouping: theirs.filter { $0.reference != nil },
            by: { $0.reference ?? "" }
        )
        var matched: Set<String> = []
        for attempt in ours {
            let same = byReference[attempt.reference] ?? []
            matched.formUnion(same.map(\.brokerOrderID))
            compareTwins(attempt, same)
            let own = same.first { $0.brokerOrderID == attempt.brokerOrderID } ?? same.first
            let named = attempt.brokerOrderID.flatMap { byID[$0] }
            if own == nil, let named, !attempt.isDead {
                compareNamed(attempt, named, &matched)
            } else {
                compare(attempt, own)
            }
        }
        for report in theirs where !matched.contains(report.brokerOrderID) {
            addStranger(report, mark)
        }
    }

    /// More than one order under one reference: whatever the reason, somebody must look.
    private mutating func compareTwins(_ ours: OurAttempt, _ same: [OrderReport]) {
        guard same.count > 1 else { return }
        for twin in same.dropFirst() {
            drifts.append(
                Drift(
                    kind: .placedTwice,
                    subject: twin.brokerOrderID,
                    intent: ours.intent,
                    ours: ours.side,
                    theirs: twin.side
                )
            )
        }
    }

    /// An order that the broker lists under the id that we know, without our reference on it.
    private mutating func compareNamed(
        _ ours: OurAttempt,
        _ theirs: OrderReport,
        _ matched: inout Set<String>
    ) {
        matched.insert(theirs.brokerOrderID)
        // A book that echoes no reference at all is no contradiction.
        guard theirs.reference != nil else { return compare(ours, theirs) }
        add(.otherOrder, ours, theirs)
    }

    private mutating func compare(_ ours: OurAttempt, _ theirs: OrderReport?) {
        if ours.isDead { return compareDead(ours, theirs) }
        if ours.state == .sending || ours.state == .unknown {
            if theirs != nil { found.append(ours.intent) }
            return
        }
        guard let theirs else {
            if ours.state.isLive, ours.age > lag { add(.missingAtBroker, ours, nil) }
            return
        }
        if ours.filled != theirs.filled {
            add(.filledDiffers, ours, theirs)
        } else if ours.state.isLive, theirs.status.hasEnded {
            add(.endedAtBroker, ours, theirs)
        } else if ours.state.isFinal, !theirs.status.hasEnded {
            add(.openAtBroker, ours, theirs)
        } else {
            return
        }
        if ours.isLatest { news.append((ours.intent, theirs)) }
    }

    /// A refusal that the book lists as refused is what it should be.
    private mutating func compareDead(_ ours: OurAttempt, _ theirs: OrderReport?) {
        guard let theirs, theirs.status != .rejected || theirs.filled > .zero else { return }
        add(.placedAfterAll, ours, theirs)
        // Its fills are facts; where another attempt lives they are not that one's.
        if ours.isLatest, ours.filled != theirs.filled { news.append((ours.intent, theirs)) }
    }

    private mutating func addStranger(_ report: OrderReport, _ mark: String) {
        let isOurs = report.reference.map { BrokerReference.isMade($0, with: mark) } ?? false
        if !isOurs { externals += 1 }
        drifts.append(
            Drift(
                kind: isOurs ? .unknownReference : .externalOrder,
                subject: report.brokerOrderID,
                intent: nil,
                ours: nil,
                theirs: report.side
            )
        )
    }

    private mutating func add(_ kind: DriftKind, _ ours: OurAttempt, _ theirs: OrderReport?) {
        drifts.append(
            Drift(
                kind: kind,
                subject: theirs?.brokerOrderID ?? ours.brokerOrderID ?? ours.reference,
                intent: ours.intent,
                ours: ours.side,
                theirs: theirs?.side
            )
        )
    }
}

/// Compares the shares of one client with what its broker holds for it.
package enum ShareComparison {
    /// The differences by symbol; `theirs` are holdings and today's positions together.
    ///
    /// Only symbols of which we hold some: what a client owns beside is no business of ours. Of
    /// those, more at the broker is no contradiction either, since the client may own shares that
    /// were never bought here; fewer means that we believe in shares that are not there.
    package static func drifts(ours: [String: Quantity], theirs: [String: Int64]) -> [Drift] {
        ours.keys.sorted().compactMap { symbol in
            guard let held = ours[symbol], held > .zero else { return nil }
            let there = max(theirs[symbol] ?? 0, 0)
            guard there < held.raw else { return nil }
            return Drift(
                kind: .sharesDiffer,
                subject: symbol,
                intent: nil,
                ours: BookSide(state: nil, quantity: held, filled: nil),
                theirs: BookSide(state: nil, quantity: Quantity(there), filled: nil)
            )
        }
    }
}

extension ShareComparison {
    /// Those of our orders of which nobody could see what they filled, and of which the broker's holdings
    /// show that they filled nothing more: it holds exactly the shares of that symbol that we do.
    ///
    /// Of a purchase and a sale of the same symbol one may hide the other, so neither is settled by it.
    package static func unfilled(
        _ ours: [OurAttempt],
        shares: [String: Quantity],
        theirs: [String: Int64]
    ) -> [OurAttempt] {
        let untold = ours.filter { $0.untold?.symbol != nil && $0.isLatest }
        let sides = Dictionary(grouping: untold) { $0.untold?.symbol ?? "" }
            .mapValues { Set($0.compactMap { $0.untold?.side }) }
        return untold.filter { attempt in
            guard let symbol = attempt.untold?.symbol, sides[symbol]?.count == 1
            else { return false }
            return (shares[symbol] ?? .zero).raw == theirs[symbol] ?? 0
        }
    }
}

extension OrderReport {
    fileprivate var side: BookSide {
        BookSide(state: status.rawValue, quantity: quantity, filled: filled)
    }
}

extension OrderReport.Status {
    /// Whether the order cannot change any more.
    package var hasEnded: Bool {
        switch self {
        case .filled, .cancelled, .rejected, .expired: true
        case .inTransit, .open, .partlyFilled: false
        }
    }
}
