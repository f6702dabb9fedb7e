package import Trading

/// The brokers that this process can send to, each behind its breaker.
package struct Brokers: Sendable {
    private let all: [BrokerName: any Broker]
    private let gate: any BrokerGate

    package init(_ brokers: [any Broker], gate: any BrokerGate) {
        all = Dictionary(uniqueKeysWithValues: brokers.map { ($0.traits.name, $0) })
        self.gate = gate
    }

    /// The broker's adapter; nil where there is none yet.
    package subscript(name: BrokerName) -> (any Broker)? { all[name] }

    /// The names of all, in a fixed order.
    package var names: [BrokerName] { all.keys.sorted { $0.rawValue < $1.rawValue } }

    /// How long to leave the broker alone; nil: not at all.
    package func wait(for name: BrokerName) -> Duration? { gate.wait(for: name) }

    /// Tells the breaker how a placement went.
    package func note(_ answer: PlacementAnswer, of name: BrokerName) {
        switch answer {
        case .accepted, .refused, .claimed: gate.noteAnswer(name)
        case .unanswered(BrokerLimit.cause, _): gate.noteAnswer(name)
        case .unanswered, .notSent: gate.noteSilence(name)
        case .withheld: break
        }
    }

    /// Tells the breaker how a change of an order went.
    package func noteChange(_ answer: ModificationAnswer, of name: BrokerName) {
        switch answer {
        case .done, .taken, .refused, .unanswered(BrokerLimit.cause, _): gate.noteAnswer(name)
        case .unanswered, .notSent: gate.noteSilence(name)
        case .withheld: break
        }
    }

    /// Tells the breaker how a cancel went.
    package func note(_ answer: CancelAnswer, of name: BrokerName) {
        switch answer {
        case .taken, .refused, .limited, .sessionEnded: gate.noteAnswer(name)
        case .unanswered: gate.noteSilence(name)
        case .noRoom, .dayOver: break
        }
    }
}

/// Keeps orders from a broker that does not answer, and lets single ones through to find out.
package protocol BrokerGate: Sendable {
    /// How long to leave the broker alone; nil: not at all.
    func wait(for broker: BrokerName) -> Duration?
    /// The broker answered.
    func noteAnswer(_ broker: BrokerName)
    /// The broker did not answer.
    func noteSilence(_ broker: BrokerName)
}

/// The one cause of silence that concerns the account and not the broker.
package enum BrokerLimit {
    /// `PlacementAnswer.unanswered`'s cause where the broker said that the account calls too often.
    package static let cause = "limited"
}
