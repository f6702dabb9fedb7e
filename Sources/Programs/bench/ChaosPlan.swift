/// What will go wrong and when, and what is traded meanwhile: all of it follows from the seed.
struct ChaosPlan: Sendable {
    /// A way in which something goes wrong.
    enum Kind: String, Sendable, CaseIterable {
        case workerKilled = "worker killed"
        case workerFrozen = "worker frozen"
        case apiKilled = "API killed"
        case apiFrozen = "API frozen"
        case relayKilled = "relay killed"
        case relayFrozen = "relay frozen"
        case schedulerKilled = "scheduler killed"
        case schedulerFrozen = "scheduler frozen"
        case rabbitKilled = "RabbitMQ killed"
        case postgresStopped = "PostgreSQL stopped at once"
        case redisKilled = "Redis killed"
        case redisFlushed = "Redis flushed"
        case linkCut = "connections cut"
        case linkRefused = "connections refused"
        case linkSilent = "network silent"
        case linkSlow = "network slow"
    }

    struct Fault: Sendable {
        let kind: Kind
        /// Since the beginning.
        let at: Duration
        /// Until it is made good.
        let length: Duration
        /// Which of several: the worker, the API, or the link by its number.
        let target: Int

        var sentence: String {
            let place =
                switch kind {
                case .workerKilled, .workerFrozen, .apiKilled, .apiFrozen: " \(target + 1)"
                case .linkCut, .linkRefused, .linkSilent, .linkSlow:
                    " to \(ChaosPlan.links[target])"
                default: ""
                }
            return "\(kind.rawValue)\(place), \(length.tenths) s"
        }
    }

    struct Trade: Sendable {
        let at: Duration
        let symbol: String
        let side: String
        let percent: Int
        /// A limit far from the market, where the trade rests until it is cancelled; nil: at the market.
        var limit: String?
        /// The cancel that follows it; nil: none.
        var cancel: Cancel?

        var sentence: String {
            let rests = limit.map { ", rests at \($0)" } ?? ""
            return "\(side) \(symbol) \(percent) %\(rests)\(cancel?.sentence ?? "")"
        }
    }

    /// What somebody wishes cancelled after a trade.
    struct Cancel: Sendable {
        /// From when the trade was accepted.
        let after: Duration
        /// The trade alone, or whatever is open.
        let isOfEverything: Bool

        var sentence: String {
            ", \(isOfEverything ? "everything" : "it") cancelled after \(after.tenths) s"
        }
    }

    static let links = ["PostgreSQL", "RabbitMQ", "Redis", "broker"]
    static let workers = 2
    static let apis = 2
    /// What every client holds before anything goes wrong, so that there is something to sell.
    static let firstTrade = Trade(at: .zero, symbol: "INFY", side: "BUY", percent: 30)
    let faults: [Fault]
    let trades: [Trade]

    let errands: [ChaosErrand]

    /// For so many clients that one trade follows another as quickly as a small machine can bear,
    /// with everything that goes wrong.
    private static let quickClients = 1_400

    init(seed: UInt64, length: Duration, clients: Int) {
        var random = SplitMix(state: seed)
        faults = Self.faults(until: length, &random)
        let pace = max(1, clients / Self.quickClients)
        trades = Self.trades(until: length, pause: .milliseconds(1_000 * pace), &random)
        errands = ChaosErrand.all(until: length, pause: .milliseconds(1_000 * pace), &random)
    }

    /// Deck after deck of all kinds, each shuffled, so that none is left out for long.
    private static func faults(until end: Duration, _ random: inout SplitMix) -> [Fault] {
        var faults: [Fault] = []
        var at = Duration.milliseconds(500)
        while true {
            for kind in Kind.allCases.shuffled(using: &random) {
                at += .milliseconds(Int.random(in: 700...4_000, using: &random))
                guard at < end else { return faults }
                let targets =
                    switch kind {
                    case .workerKilled, .workerFrozen: workers
                    case .apiKilled, .apiFrozen: apis
                    case .linkCut, .linkRefused, .linkSilent, .linkSlow: links.count
                    default: 1
                    }
                faults.append(
                    Fault(
                        kind: kind,
                        at: at,
                        length: length(of: kind, &random),
                        target: Int.random(in: 0..<targets, using: &random)
                    )
                )
            }
        }
    }

    private static func length(of kind: Kind, _ random: inout SplitMix) -> Duration {
        let milliseconds =
            switch kind {
            case .redisFlushed, .linkCut: 0...0
            // Some shorter than a lease, some longer.
            case .workerFrozen, .schedulerFrozen: 1_000...20_000
            case .apiFrozen, .relayFrozen: 1_000...12_000
            case .linkSilent, .linkRefused: 500...8_000
            case .linkSlow: 2_000...15_000
            default: 200...5_000
            }
        return .milliseconds(Int.random(in: milliseconds, using: &random))
    }

    /// Trades with pauses of one to seven times `pause`.
    ///
    /// What was bought is sold again now and then, so that money does not run out.
    private static func trades(
        until end: Duration,
        pause: Duration,
        _ random: inout SplitMix
    ) -> [Trade] {
        var trades: [Trade] = []
        var bought = [firstTrade.symbol]
        var at = Duration.zero
        while at < end {
            let isSale = Int.random(in: 0..<3, using: &random) == 0
            let share = ChaosShare.all[Int.random(in: 0..<ChaosShare.all.count, using: &random)]
            let rests = !isSale && Int.random(in: 0..<2, using: &random) == 0
            // What rests must be cancelled; of the others, some are, while they are being sent.
            let isCancelled = rests || Int.random(in: 0..<6, using: &random) == 0
            let cancel = Cancel(
                after: .milliseconds(Int.random(in: 0...6_000, using: &random)),
                isOfEverything: Int.random(in: 0..<5, using: &random) == 0
            )
            let percent = Int.random(in: 2...8, using: &random)
            let sold = bought[Int.random(in: 0..<bought.count, using: &random)]
            trades.append(
                Trade(
                    at: at,
                    symbol: isSale ? sold : share.symbol,
                    side: isSale ? "SELL" : "BUY",
                    percent: isSale ? percent * 8 : percent,
                    limit: rests ? share.restingPrice : nil,
                    cancel: isCancelled ? cancel : nil
                )
            )
            if !isSale, !isCancelled, !bought.contains(share.symbol) {
                bought.append(share.symbol)
            }
            at += pause * Int.random(in: 1_000...7_000, using: &random) / 1_000
        }
        return trades
    }
}

/// A small random generator whose numbers follow from its seed on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Duration {
    /// Seconds with one decimal.
    var tenths: String {
        let tenths = Int64(self / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10)"
    }
}
