/// A share that is traded in a chaos run, with prices around what the sandbox begins with.
struct ChaosShare: Sendable {
    let symbol: String
    /// About a sixth below the market, within what the exchange allows: a purchase rests.
    let restingPrice: String
    /// A little lower still.
    let lowerPrice: String
    /// A little above the market: a purchase fills.
    let fillingPrice: String

    static let all = [
        ChaosShare("RELIANCE", "2500", "2490", "3050"),
        ChaosShare("TCS", "3350", "3340", "4100"),
        ChaosShare("HDFCBANK", "1215", "1210", "1480"),
        ChaosShare("ICICIBANK", "1175", "1170", "1430"),
        ChaosShare("SBIN", "815", "810", "990"),
    ]

    private init(_ symbol: String, _ resting: String, _ lower: String, _ filling: String) {
        self.symbol = symbol
        restingPrice = resting
        lowerPrice = lower
        fillingPrice = filling
    }

    /// A share so cheap that a usual client can pay for more than the exchange takes in one order.
    ///
    /// The sandbox lists it on demand, with a freeze quantity of 100,000.
    enum Cheap {
        static let symbol = "PAISA"
        static let price = "0.50"
        static let restingPrice = "0.42"
        static let code = 99_001
        /// Three slices.
        static let quantity = 250_000
    }
}

/// Something that a user does besides submitting and cancelling: calls that follow one from another.
struct ChaosErrand: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case change = "orders that rest are changed, then cancelled"
        case slices = "orders above the freeze quantity"
        case exitOfClient = "exit of a client"
        case exitOfSymbol = "exit of a symbol"
        case exitOfAll = "exit of all"
        case halt = "halt, trade, resume, repair"
        case repair = "trade, then repair"
        case undo = "trade, then undo"
        case basket = "basket"
    }

    /// What a halt stops.
    enum Scope: String, Sendable, CaseIterable {
        case everything, trader, symbol, broker, client
    }

    let kind: Kind
    /// Since the beginning.
    let at: Duration
    /// Between one step and the next.
    let pause: Duration
    let share: ChaosShare
    /// What it sells, or leaves: some of it is held, unless somebody was quicker.
    let soldSymbol: String
    let percent: Int
    /// What its halt stops.
    let scope: Scope
    let broker: String
    /// From which of all clients it begins.
    let draw: Int
    /// One of two ways: slices rest or fill; sales of a basket go first, or all legs together.
    let isFirstWay: Bool

    static let brokers = ["dhan", "zerodha", "upstox", "groww"]

    var sentence: String {
        let detail =
            switch kind {
            case .change, .repair, .undo: "BUY \(share.symbol) \(percent) %"
            case .slices:
                "BUY \(ChaosShare.Cheap.symbol) \(ChaosShare.Cheap.quantity)"
                    + (isFirstWay ? ", rests until it is cancelled" : "")
            case .exitOfClient: "number \(draw)"
            case .exitOfSymbol: soldSymbol
            case .exitOfAll: "whatever is held"
            case .halt: "of \(scope.rawValue), BUY \(share.symbol) \(percent) %"
            case .basket:
                "SELL \(soldSymbol), BUY \(share.symbol) \(percent) %, "
                    + (isFirstWay ? "sells first" : "together")
            }
        return "\(kind.rawValue): \(detail), \(pause.tenths) s between steps"
    }

    /// Deck after deck of all kinds, each shuffled, so that none is left out for long.
    ///
    /// Halts go round all scopes before one comes again: a switch that an API had sent to a silent
    /// network may arrive after its next one of another API, and nobody could tell the two apart. Wide
    /// ones come between narrow ones, so that much is left to do.
    static func all(until end: Duration, pause: Duration, _ random: inout SplitMix) -> [Self] {
        var errands: [Self] = []
        var scopes: [Scope] = [.symbol, .broker, .client].shuffled(using: &random)
        scopes.insert(.everything, at: 1)
        scopes.insert(.trader, at: 3)
        let deck = Kind.allCases + [.change, .change]
        var halts = 0
        var at = Duration.zero
        // What they begin takes its time, some of which is to be full of trouble.
        let last = end * 3 / 4
        while true {
            for kind in deck.shuffled(using: &random) {
                at += pause * Int.random(in: 1_200...4_000, using: &random) / 1_000
                guard at < last else { return errands }
                let share = ChaosShare.all[Int.random(in: 0..<ChaosShare.all.count, using: &random)]
                let held =
                    [ChaosPlan.firstTrade.symbol, ChaosShare.Cheap.symbol]
                    + ChaosShare.all.map(\.symbol).filter { $0 != share.symbol }
                errands.append(
                    Self(
                        kind: kind,
                        at: at,
                        pause: .milliseconds(Int.random(in: 300...4_000, using: &random)),
                        share: share,
                        soldSymbol: held[Int.random(in: 0..<held.count, using: &random)],
                        percent: Int.random(in: 2...5, using: &random),
                        scope: scopes[halts % scopes.count],
                        broker: brokers[Int.random(in: 0..<brokers.count, using: &random)],
                        draw: Int.random(in: 0..<100_000, using: &random),
                        isFirstWay: Bool.random(using: &random)
                    )
                )
                if kind == .halt { halts += 1 }
            }
        }
    }
}
