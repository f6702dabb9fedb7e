import Fuzzing

/// One thing that happens in a story; its seed chooses among what is there when it happens.
struct StoryStep: Sendable, CustomStringConvertible {
    enum Kind: String, Sendable {
        /// Money comes or goes.
        case pay
        /// A bulk trade is submitted and planned.
        case trade
        /// A worker claims orders and sends them.
        case claim
        /// What brokers answered is written down, perhaps late, perhaps twice.
        case answer
        /// A second worker looks for what the first left in doubt.
        case takeOver
        /// The exchange moves on, and somebody looks at the books.
        case look
        /// Somebody wishes orders cancelled.
        case cancel
        /// A worker asks the brokers for these cancels.
        case askBroker
        /// Somebody wishes an order changed.
        case change
        /// A worker sends such a change, or asks what came of it.
        case sendChange
        /// The scheduler takes what is due.
        case sweep
    }

    let kind: Kind
    let seed: UInt64

    var description: String { "\(kind.rawValue) \(seed)" }

    private static let mix: [(Kind, Int)] = [
        (.pay, 6), (.trade, 10), (.claim, 20), (.answer, 18), (.takeOver, 10), (.look, 20),
        (.cancel, 5), (.askBroker, 8), (.change, 8), (.sendChange, 10), (.sweep, 3),
    ]
    private static let kinds = mix.flatMap { Array(repeating: $0.0, count: $0.1) }

    /// So many moments; what stands in one happens at the same time.
    static func story(_ moments: Int, _ chance: inout FuzzRandom) -> [[StoryStep]] {
        (0..<moments).map { number in
            // Without a trade nothing else has anything to do.
            guard number > 0 else { return [StoryStep(kind: .trade, seed: chance.next())] }
            return (0...chance.below(7)).map { _ in
                StoryStep(kind: chance.pick(kinds), seed: chance.next())
            }
        }
    }
}
