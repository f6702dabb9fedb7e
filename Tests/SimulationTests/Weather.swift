import Exchange

/// How often what goes wrong, in so many of a thousand cases.
///
/// Every seed has weather of its own: some faults often, some rarely, some never, so that each is met
/// alone and with every other.
struct Weather: Sendable {
    enum Fault: Int, Sendable, CaseIterable {
        /// The store refuses before anything was done.
        case storeDown
        /// The connection breaks, and the transaction is never committed.
        case commitLost
        /// The connection breaks, and the transaction is committed all the same.
        case commitUnanswered
        /// The connection breaks, and the transaction is committed after the caller was told.
        case commitLate
        /// The store takes long.
        case storeSlow
        case publishLost, publishUnconfirmed, messageTwice, messageLate
        /// All that a reader has and has not acknowledged is delivered again, maybe to another.
        case channelLost
        case backlogUnknown
        /// No connection: provably nothing was sent.
        case connectFails
        case requestLost, answerLost
        /// The broker books only after everybody's patience is over.
        case brokerSlow
        /// An error that says nothing, though the order is placed.
        case errorThoughPlaced
        /// The broker says no in words that prove nothing; the order is placed or not.
        case wordsThoughPlaced, wordsNotPlaced
        /// Provably refused.
        case refused
        /// Taken, then rejected.
        case rejectedLater
        /// Not to be seen in the books for a while.
        case hidden
        case tooManyCalls
        case readFails, readSlow
        /// The book shows the order and not yet its trades.
        case tradesLag
        case hintLost, hintTwice
        case paced, gateClosed
        case noPrice
        /// A halt is set while an order is claimed.
        case halted
        /// The process is killed, or stands still, in the middle of a call.
        case dies, stands

        /// Whether it makes more messages of one.
        var multiplies: Bool {
            self == .messageTwice || self == .channelLost || self == .publishUnconfirmed
        }

        /// Whether it is a blow to a process, of which there are only so many.
        var strikes: Bool { self == .dies || self == .stands }
    }

    private var odds: [Int64]

    private init(odds: [Int64]) { self.odds = odds }

    /// Nothing goes wrong.
    static let calm = Weather(odds: Array(repeating: 0, count: Fault.allCases.count))

    /// Weather from chance.
    init(_ random: inout RandomStream) {
        let storm = [Int64](arrayLiteral: 30, 150, 500)[Int(random.below(3))]
        odds = Fault.allCases.map { _ in
            switch random.below(4) {
            case 0, 1: 0
            case 2: 20
            default: storm
            }
        }
    }

    subscript(fault: Fault) -> Int64 {
        get { odds[fault.rawValue] }
        set { odds[fault.rawValue] = newValue }
    }
}
