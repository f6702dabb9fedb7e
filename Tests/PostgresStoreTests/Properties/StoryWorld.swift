import Desk
import Fuzzing
import Postgres
import PostgresStore
import Synchronization
import Trading

/// Clients, workers and a broker, to whom a story happens in a schema of its own.
///
/// Calm stories keep to what a broker promises: nothing trades after its order has ended, above its
/// limit, or on lent money. In these no client may ever owe anything. In rough ones all of it happens.
final class StoryWorld: Sendable {
    let desk: OrdersDesk
    let isCalm: Bool
    let clients: [ClientID]
    let shares: [Instrument]
    let hands: Mutex<Hands>

    static let cash: Int64 = 5_000_000
    static let firstShares: Int64 = 12
    static let firstCost: Int64 = 1_500_000

    /// All that is not in the database: what workers carry, and what really happened.
    struct Hands: Sendable {
        var broker: StoryBroker
        var trades: [TaskID: BulkTrade] = [:]
        /// Messages of orders to be claimed; some come again.
        var ready: [OrderJob] = []
        /// Attempts whose answer is not written down yet.
        var sent: [Attempt] = []
        var claimed: [OrderJob] = []
        var cancels: [OrderJob] = []
        var changing: [IntentID] = []
        var fates: [String: Fate] = [:]
        /// Attempts whose answer was taken.
        var answered: Set<String> = []
        /// Attempts that a second worker has taken over.
        var abandoned: Set<String> = []
        /// What became of each try to send a change: whether the broker did it.
        var changes: [String: Bool] = [:]
        var paid: [ClientID: Int64] = [:]
        var complaints: [String] = []
        /// Of which every client has had some since before the story.
        let firstInstrument: Int64

        /// Takes some out, the first of which a part stays in to come again.
        mutating func some<Item>(
            _ path: WritableKeyPath<Hands, [Item]>,
            _ most: Int,
            _ chance: inout FuzzRandom,
            keeping percent: Int
        ) -> [Item] {
            (0...chance.below(most)).compactMap { _ in
                let count = self[keyPath: path].count
                guard count > 0 else { return nil }
                let place = chance.below(count)
                return chance.chance(percent)
                    ? self[keyPath: path][place] : self[keyPath: path].remove(at: place)
            }
        }
    }

    /// What became of a send, decided when the attempt is claimed.
    enum Fate: Sendable, CaseIterable {
        case accepted
        case refused
        case notSent
        case withheld
        case lostButPlaced
        case lost
        case claimed

        var isPlaced: Bool { self == .accepted || self == .lostButPlaced || self == .claimed }

        static func draw(_ chance: inout FuzzRandom) -> Fate {
            switch chance.below(100) {
            case ..<62: .accepted
            case ..<68: .refused
            case ..<76: .notSent
            case ..<78: .withheld
            case ..<88: .lostButPlaced
            case ..<97: .lost
            default: .claimed
            }
        }

        func answer(_ attempt: Attempt) -> PlacementAnswer {
            switch self {
            case .accepted:
                .accepted(brokerOrderID: "B\(attempt.job.intent)-\(attempt.number)")
            case .refused: .refused(.brokerRefused, words: "no")
            case .notSent: .notSent("no route")
            case .withheld: .withheld(.haltedAll)
            case .lostButPlaced: .unanswered(cause: "timeout", words: nil)
            case .lost: .unanswered(cause: "timeout", words: "try later")
            case .claimed: .claimed(words: "there is such an order")
            }
        }
    }

    init(_ desk: OrdersDesk, isCalm: Bool) async throws {
        self.desk = desk
        self.isCalm = isCalm
        clients = try await desk.clients(4, cash: Self.cash)
        for client in clients {
            try await desk.give(client, shares: Self.firstShares, cost: Self.firstCost)
        }
        let second = try await desk.secondShare()
        try await desk.run(
            "UPDATE instrument SET freeze_quantity = 5 WHERE id = $1",
            [.int(second.id.raw)]
        )
        shares = [desk.share, second]
        hands = Mutex(
            Hands(broker: StoryBroker(isCalm: isCalm), firstInstrument: desk.share.id.raw)
        )
    }

    func with<Result>(_ body: (inout sending Hands) -> sending Result) -> sending Result {
        hands.withLock(body)
    }

    /// Does what one step says.
    func perform(_ step: StoryStep) async throws {
        var chance = FuzzRandom(seed: step.seed)
        switch step.kind {
        case .pay: try await pay(&chance, key: "\(step)")
        case .trade: try await trade(&chance, key: "\(step)")
        case .claim: try await claim(&chance)
        case .answer: try await answer(&chance)
        case .takeOver: try await takeOver(&chance)
        case .look: try await look(&chance)
        case .cancel: try await cancel(&chance, key: "\(step)")
        case .askBroker: try await askBroker(&chance)
        case .change: try await change(&chance, key: "\(step)")
        case .sendChange: try await sendChange(&chance)
        case .sweep: try await sweep(&chance)
        }
    }

    /// Does all steps of a moment at once.
    func live(_ moment: [StoryStep]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for step in moment { group.addTask { try await self.perform(step) } }
            try await group.waitForAll()
        }
    }
}
