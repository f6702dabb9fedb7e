import Desk
import Exchange
import Trading

/// What a seed decides beforehand: who trades what, and what goes wrong when.
struct Plot: Sendable {
    struct Client: Sendable {
        let capital: Int64
        /// Shares held of each instrument at the beginning.
        let shares: [Int64]
    }
    struct Order: Sendable {
        let at: Int64
        let key: String
        let instrument: Int
        let isSale: Bool
        /// Nil: at the market.
        let price: Int64?
        let sizing: Trading.Sizing
        /// Numbers of the clients; nil: all.
        let clients: [Int]?
        /// How long what is proven absent may be sent anew; nil: not at all.
        let resendWithin: Int?
    }
    enum Blow: Sendable {
        case kill(downFor: Int64)
        case freeze(Int64)
    }
    /// Somebody wishes orders cancelled.
    struct Wish: Sendable {
        enum Scope: Sendable { case task, order, client, instrument, everything }
        let at: Int64
        let key: String
        let scope: Scope
        /// Chooses the task, order, client or instrument.
        let choice: Int64
    }
    /// Somebody wishes an order changed that rests at the broker.
    struct Change: Sendable {
        let at: Int64
        let key: String
        /// Chooses the order.
        let choice: Int64
        let moreShares: Int64
        /// Of a purchase upwards, of a sale downwards: nearer to the market.
        let moreTicks: Int64
    }
    /// Somebody wishes to leave positions.
    struct Exit: Sendable {
        enum Scope: Sendable, CaseIterable { case client, instrument, everything }
        let at: Int64
        let key: String
        let scope: Scope
        /// Chooses the client or instrument.
        let choice: Int64
    }
    /// Somebody places again what of a trade is proven not to have been placed.
    struct Repair: Sendable {
        let at: Int64
        let key: String
        /// Chooses the trade.
        let choice: Int64
    }
    struct Halt: Sendable {
        let at: Int64
        /// Chooses what is halted.
        let choice: Int64
        let length: Int64
    }
    /// Where the first process that comes there for the n-th time is killed.
    struct Trap: Sendable {
        let failpoint: Failpoint
        let pass: Int
    }
    struct Strike: Sendable {
        let at: Int64
        let slot: Int
        let blow: Blow
    }

    let weather: Weather
    let prices: [Int64]
    let clients: [Client]
    let orders: [Order]
    let workers: Int
    let schedulers: Int
    let strikes: [Strike]
    /// How much the world offers, when.
    let depths: [(at: Int64, instrument: Int, depth: Int64)]
    /// When somebody cancels an order by hand, if there is one.
    let cancels: [Int64]
    let wishes: [Wish]
    /// How many shares of each instrument the exchange takes in one order.
    let freezes: [Int64?]
    let changes: [Change]
    let exits: [Exit]
    let repairs: [Repair]
    let halts: [Halt]
    let trap: Trap?
    let findsByReference: Bool
    /// Whether the sweep brings orders back that were never tried; without it the queue alone must
    /// not lose any.
    let sweepsForgotten: Bool
    /// When nothing goes wrong any more.
    let calmAt: Int64

    var slots: Int { 1 + workers + schedulers }

    init(seed: UInt64) {
        var random = RandomStream(seed: seed, stream: 3)
        func below(_ bound: Int64) -> Int64 { random.below(bound) }
        weather = Weather(&random)
        let prices = (0...below(2)).map { _ in (100 + below(20) * 40) * 10_000 }
        let clients = (0..<2 + below(5)).map { _ in
            Client(
                capital: 1_000_000 + below(4) * 2_000_000,
                shares: prices.map { _ in max(0, below(120) - 40) }
            )
        }
        calmAt = (20 + below(40)) * Microseconds.second
        orders = (0..<1 + below(3)).map { number in
            let instrument = Int(below(Int64(prices.count)))
            let isSale = below(3) == 0
            // Some of them rest far from the market, so that they can be changed.
            let ticks = (below(3) == 0 ? -20 - below(10) : below(5) - 1) * (isSale ? -1 : 1)
            let isAtMarket = below(4) == 0
            return Order(
                at: below(15 * Microseconds.second),
                key: "key \(number)",
                instrument: instrument,
                isSale: isSale,
                price: isAtMarket ? nil : prices[instrument] + ticks * Venue.tick,
                sizing: Self.sizing(&random),
                clients: below(3) > 0 ? nil : clients.indices.filter { _ in below(2) == 0 },
                resendWithin: below(2) == 0 ? nil : Int(60 + below(600))
            )
        }
        workers = 1 + Int(below(3))
        schedulers = 1 + Int(below(2))
        let slots = Int64(1 + workers + schedulers)
        let end = calmAt
        strikes = (0..<below(6)).map { _ in
            let isFatal = below(2) == 0
            let length = below(Microseconds.second << below(8))
            return Strike(
                at: below(end),
                slot: Int(below(slots)),
                blow: isFatal ? .kill(downFor: min(length, end)) : .freeze(length)
            )
        }
        depths = (0..<2 + below(6)).map { number in
            let instrument = Int(below(Int64(prices.count)))
            return (number < 2 ? 0 : below(end), instrument, below(60))
        }
        cancels = (0..<below(3)).map { _ in below(end) }
        findsByReference = below(2) == 0
        sweepsForgotten = below(4) > 0
        wishes = (0..<below(5)).map { number in
            let scopes: [Wish.Scope] = [.task, .task, .order, .client, .instrument, .everything]
            return Wish(
                at: below(28 * Microseconds.second),
                key: "wish \(number)",
                scope: scopes[Int(below(6))],
                choice: below(1_000)
            )
        }
        // Each place in turn, and then none for a while.
        let place = Int(seed % UInt64(Self.traps.count * 4 / 3))
        let trap: Trap? =
            place < Self.traps.count
            ? Trap(failpoint: Self.traps[place], pass: below(3) == 0 ? 2 : 1) : nil
        // Whoever is to die on a path must come there.
        func count(_ usual: Int64, atLeast least: Int64, on path: String) -> Int64 {
            trap?.failpoint.rawValue.hasPrefix(path) == true ? max(usual, least) : usual
        }
        let isCut = trap?.failpoint == .sliceBeforePublish
        freezes = prices.map { _ in below(2) == 0 ? (isCut ? 8 : nil) : 8 + below(isCut ? 8 : 40) }
        changes = (0..<count(below(2) * (2 + below(8)), atLeast: 6, on: "modify")).map { number in
            Change(
                at: below(40 * Microseconds.second),
                key: "change \(number)",
                choice: below(1_000),
                moreShares: below(3) == 0 ? 0 : below(24) - 8,
                moreTicks: below(2) == 0 ? 0 : below(3) == 0 ? 25 : below(9) - 4
            )
        }
        let leaving = count(max(0, below(5) - 2), atLeast: 1, on: "exit")
        exits = (0..<count(leaving, atLeast: 2, on: "cancel")).map { number in
            Exit(
                at: below(28 * Microseconds.second),
                key: "leave \(number)",
                scope: Exit.Scope.allCases[Int(below(3))],
                choice: below(1_000)
            )
        }
        repairs = (0..<count(below(4), atLeast: 3, on: "repair")).map { number in
            Repair(
                at: 5 * Microseconds.second + below(30 * Microseconds.second),
                key: "repair \(number)",
                choice: below(1_000)
            )
        }
        halts = (0..<below(3)).map { _ in
            Halt(
                at: below(28 * Microseconds.second),
                choice: below(1_000),
                length: below(Microseconds.second << below(5))
            )
        }
        self.trap = trap
        self.prices = prices
        self.clients = clients
    }

    /// The places that a process can come to here.
    static let traps = Failpoint.allCases.filter { place in
        let paths = ["undo", "approve.", "basket-", "release."]
        return !paths.contains { place.rawValue.hasPrefix($0) } && place != .submitBeforeAnswer
    }

    private static func sizing(_ random: inout RandomStream) -> Trading.Sizing {
        switch random.below(4) {
        case 0: .part(BasisPoints(Int32(1_000 + random.below(8) * 1_000)))
        case 1: .amount(Money(paise: 200_000 + random.below(20) * 100_000))
        default: .quantity(Quantity(1 + random.below(40)))
        }
    }
}
