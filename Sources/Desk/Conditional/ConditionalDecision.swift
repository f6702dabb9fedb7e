package import Trading

/// An operator's decision about a conditional order of which nobody can tell what became.
package struct ConditionalDecision: Sendable, Equatable {
    /// What the operator found out at the broker.
    package enum Verdict: Sendable, Equatable {
        /// One that is UNKNOWN is there under this id.
        case placed(brokerID: String)
        /// One that is UNKNOWN is not there, and never was.
        case notPlaced
        /// This order came of one that has fired.
        case fired(brokerOrderID: String)

        /// How it is said and written down.
        package var word: String {
            switch self {
            case .placed: "placed"
            case .notPlaced: "not_placed"
            case .fired: "fired"
            }
        }

        /// The broker's id in it.
        package var brokerID: String? {
            switch self {
            case .placed(let id), .fired(let id): id
            case .notPlaced: nil
            }
        }
    }

    package let conditional: ConditionalID
    package let verdict: Verdict
    /// Why, in the operator's words.
    package let reason: String

    package init(conditional: ConditionalID, verdict: Verdict, reason: String) {
        self.conditional = conditional
        self.verdict = verdict
        self.reason = reason
    }
}

/// What became of a decision about a conditional order.
package enum ConditionalDecided: Sendable, Equatable {
    case decided(ConditionalRecord)
    /// There is nothing to decide, or not any more: nothing was changed.
    case notOpen(ConditionalState)
    /// Another conditional order of the account has this id, or another's order is this one.
    case taken
    case notFound
}

extension ConditionalRecord {
    /// Writes a decision down; false where there is nothing to decide.
    ///
    /// Whoever looks at the broker meanwhile brings nothing any more: the fence is raised.
    package mutating func decide(_ verdict: ConditionalDecision.Verdict, at now: Timestamp) -> Bool
    {
        switch verdict {
        case .placed(let id):
            guard state == .unknown else { return false }
            adopt(id, now)
        case .notPlaced:
            guard state == .unknown, move(.provenAbsent, now) else { return false }
            reason = .decidedNotPlaced
            dueAt = nil
        case .fired(let id):
            guard state == .triggered, broker != .paper, awaitsOrders, !orders.contains(id) else {
                return false
            }
            orders.append(id)
            reason = nil
            words = nil
            looks = 0
            dueAt = now
        }
        fence += 1
        return true
    }
}
