package import Trading

/// Orders that wait at a broker for a price: super, forever, GTT and smart orders.
///
/// Placing one is as dangerous as placing an order: an adapter sends it once, follows no redirect,
/// and whatever is not proof of acceptance or refusal is `.unanswered`. Changes and cancels are
/// absolute, so they may be repeated.
package protocol ConditionalOrders: Sendable {
    var conditionalTraits: ConditionalTraits { get }

    /// Sends it once; past the deadline nothing is sent.
    func place(_ attempt: ConditionalAttempt, sendBefore deadline: ContinuousClock.Instant) async
        -> PlacementAnswer

    /// All that the broker's lists show of this kind and instrument.
    ///
    /// - Throws: where an entry is not understood: such a list cannot testify that one is absent.
    func conditionalOrders(like order: ConditionalAttempt) async throws(BrokerFailure)
        -> [ConditionalReport]

    /// One of them as the broker has it now.
    func look(_ order: LiveConditional) async throws(BrokerFailure) -> ConditionalReport

    /// Changes quantity and prices to those of `terms`, which else are the order's.
    func modify(_ order: LiveConditional, to terms: ConditionalTerms) async throws(BrokerFailure)

    /// Asks the broker to cancel it, all its legs and whatever it still waits for.
    func cancel(_ order: LiveConditional) async throws(BrokerFailure)
}

/// What an adapter declares of a broker's conditional orders.
package struct ConditionalTraits: Sendable {
    /// Whether the legs' orders may have limits of their own.
    package enum Limits: Sendable, Equatable {
        /// Every leg's order is a limit order.
        case needed
        /// A limit order or one at the market.
        case allowed
        /// Triggers alone: the broker makes the orders' prices of them.
        case none
    }

    /// What the broker says of one kind.
    package struct Kind: Sendable, Equatable {
        package let products: Set<Product>
        package let limits: Limits
        /// Whether the list shows our reference.
        package let showsReferences: Bool
        /// Whether the list keeps those that have fired or ended: only then does it testify that one
        /// is absent.
        package let listsEnded: Bool
        package let trails: Bool
        /// Whether a bracket must name its entry's limit.
        package let needsEntryPrice: Bool
        /// Whether the list names every order that comes of one; else the order book is asked for one
        /// that is alike.
        package let namesOrders: Bool

        package init(
            products: Set<Product>,
            limits: Limits,
            showsReferences: Bool,
            listsEnded: Bool,
            trails: Bool = false,
            needsEntryPrice: Bool = false,
            namesOrders: Bool = false
        ) {
            self.products = products
            self.limits = limits
            self.showsReferences = showsReferences
            self.listsEnded = listsEnded
            self.trails = trails
            self.needsEntryPrice = needsEntryPrice
            self.namesOrders = namesOrders
        }
    }

    /// The kinds that the broker itself has; the others it has not.
    package let kinds: [ConditionalKind: Kind]
    /// Every answer to a placement that proves that nothing came of it.
    package let refusals: [RefusalProof]
    /// How long one that was taken may stay invisible in the list.
    package let visibilityLag: Duration
    /// Whether nobody but Volley watches the price: what fires is then an order of ours like any other.
    package let isEmulated: Bool
    /// Whether an order that came of one may carry a reference that is none of ours; else one that does
    /// is somebody else's.
    package let firedMayCarryReferences: Bool

    package init(
        kinds: [ConditionalKind: Kind],
        refusals: [RefusalProof],
        visibilityLag: Duration = .seconds(30),
        isEmulated: Bool = false,
        firedMayCarryReferences: Bool = true
    ) {
        self.kinds = kinds
        self.refusals = refusals
        self.visibilityLag = visibilityLag
        self.isEmulated = isEmulated
        self.firedMayCarryReferences = firedMayCarryReferences
    }

    /// How long after a look at one that waits it is looked at again.
    var lookPause: Duration { isEmulated ? .seconds(2) : ConditionalSchedule.look }

    /// From when on money and shares of one of this kind are held.
    ///
    /// No broker's documents say that one that waits blocks anything: funds and shares are looked at
    /// once its order is sent. A bracket's entry is such an order from the beginning.
    package func holds(_ kind: ConditionalKind) -> ConditionalHold {
        kind == .bracket && kinds[.bracket] != nil ? .withEntry : .whenFired
    }

    /// What this broker would not take of these terms; empty where it takes them.
    package func problems(_ terms: ConditionalTerms) -> [FieldProblem] {
        guard let kind = kinds[terms.kind] else {
            if terms.kind == .bracket, let exits = terms.exits(of: terms.quantity),
                kinds[exits.kind] != nil
            {
                return emulationProblems(terms, exits)
            }
            return [
                .init(
                    "kind",
                    "not_at_this_broker",
                    "The client's broker has no \(terms.kind.rawValue) orders."
                )
            ]
        }
        var found: [FieldProblem] = []
        if !kind.products.contains(terms.product) {
            found.append(
                .init(
                    "product",
                    "not_at_this_broker",
                    "The client's broker takes \(terms.kind.rawValue) orders only for "
                        + kind.products.map(\.rawValue).sorted().joined(separator: ", ") + "."
                )
            )
        }
        if case .bracket(_, _, _, _?) = terms.condition, !kind.trails {
            found.append(
                .init("stop.trail", "not_at_this_broker", "The client's broker moves no stops.")
            )
        }
        if case .bracket(.none, _, _, _) = terms.condition, kind.needsEntryPrice {
            found.append(
                .init("price", "required", "The client's broker enters at a limit only.")
            )
        }
        return found + limitProblems(terms, kind.limits)
    }

    /// Where the broker has no brackets, its exits are an OCO of their own.
    private func emulationProblems(_ terms: ConditionalTerms, _ exits: ConditionalTerms)
        -> [FieldProblem]
    {
        var found = problems(exits)
        if case .bracket(_, _, _, _?) = terms.condition {
            found.append(
                .init("stop.trail", "not_at_this_broker", "The client's broker moves no stops.")
            )
        }
        return found
    }

    private func limitProblems(_ terms: ConditionalTerms, _ limits: Limits) -> [FieldProblem] {
        let names = terms.kind == .single ? ["price"] : ["target.price", "stop.price"]
        var found: [FieldProblem] = []
        for (name, leg) in zip(names, terms.condition.legs) {
            switch limits {
            case .needed where leg.price == nil:
                found.append(
                    .init(name, "required", "The client's broker sends limit orders only.")
                )
            case .none where leg.price.map { $0 != leg.trigger } ?? false:
                found.append(
                    .init(
                        name,
                        "not_at_this_broker",
                        "The client's broker takes no limit that differs from the trigger."
                    )
                )
            case .needed, .allowed, .none: break
            }
        }
        return found
    }
}

/// From when on the money or shares for a conditional order are held.
package enum ConditionalHold: String, Sendable, CaseIterable {
    /// Nothing is held, nor looked at, until its order is sent.
    case whenFired = "when_fired"
    /// The cash must be there when it is placed, and is held as soon as the broker shows its entry.
    case withEntry = "with_entry"
}

/// One try to place one conditional order: written down before its first byte leaves.
package struct ConditionalAttempt: Sendable {
    package let id: ConditionalID
    /// Our id on it, where the broker takes one.
    package let reference: String
    /// Raised by whoever takes it over; what an older one brings is dropped.
    package let fence: Int64
    /// When its sending began, or begins.
    package let startedAt: Timestamp
    package let broker: BrokerName
    package let terms: ConditionalTerms
    package let session: BrokerSession

    package init(
        id: ConditionalID,
        reference: String,
        fence: Int64,
        startedAt: Timestamp,
        broker: BrokerName,
        terms: ConditionalTerms,
        session: BrokerSession
    ) {
        self.id = id
        self.reference = reference
        self.fence = fence
        self.startedAt = startedAt
        self.broker = broker
        self.terms = terms
        self.session = session
    }
}

/// A conditional order that a broker has.
package struct LiveConditional: Sendable {
    package let attempt: ConditionalAttempt
    package let brokerID: String
    /// Whether somebody wishes it gone.
    package let isCancelAsked: Bool

    package init(attempt: ConditionalAttempt, brokerID: String, isCancelAsked: Bool = false) {
        self.attempt = attempt
        self.brokerID = brokerID
        self.isCancelAsked = isCancelAsked
    }

    package var terms: ConditionalTerms { attempt.terms }
    package var session: BrokerSession { attempt.session }
}
