/// The trading in one instrument: a walking price, the world's liquidity and the orders that wait.
struct Market: Sendable {
    /// How often the price moves.
    static let stepMicroseconds: Int64 = 250_000
    static let usualDepth: Int64 = 200_000

    var instrument: Instrument
    private var random: RandomStream
    private(set) var price: Rupees
    private(set) var isFrozen = false
    /// Shares at each level, where somebody set them; nil is the usual depth, give or take a quarter.
    private(set) var depth: Int64?
    private(set) var spread: Rupees
    private(set) var step: Int64 = 0
    var liquidity: Liquidity

    var lastPrice: Rupees
    var lastQuantity: Int64 = 1
    var lastTradeAt: Moment?
    private(set) var open: Rupees
    private(set) var high: Rupees
    private(set) var low: Rupees
    private(set) var volume: Int64 = 0
    private(set) var turnover: Rupees = .zero

    var bids = PriceQueue(highestFirst: true)
    var asks = PriceQueue(highestFirst: false)
    var buyStops = PriceQueue(highestFirst: false)
    var sellStops = PriceQueue(highestFirst: true)
    /// Places of the conditional orders that wait for this price.
    var conditionals: [Int] = []

    init(instrument: Instrument, seed: UInt64) {
        self.instrument = instrument
        let stream = UInt64(instrument.key.token) << 8 | UInt64(instrument.key.segment.rawValue)
        random = RandomStream(seed: seed, stream: stream)
        price = instrument.previousClose
        lastPrice = price
        open = price
        high = price
        low = price
        spread = instrument.tick
        liquidity = Liquidity(tick: instrument.tick)
        renew()
    }

    var hasWaiting: Bool {
        !(bids.isEmpty && asks.isEmpty && buyStops.isEmpty && sellStops.isEmpty
            && conditionals.isEmpty)
    }

    /// Moves the price by one step and, where somebody may look, renews the liquidity.
    ///
    /// In a frozen market others go on trading at its price. One with a depth of its own is left
    /// wholly alone, so that what was taken stays taken and an order stays part filled.
    mutating func walk(to step: Int64, renews: Bool) {
        self.step = step
        if isFrozen {
            guard depth == nil else { return }
            traded(at: price)
            if renews { renew() }
            return
        }
        let reach = max(1, price.tenThousandths / 5_000 / instrument.tick.tenThousandths)
        var ticks = random.below(2 * reach + 1) - reach
        // A weak pull to the previous close keeps a long run inside the circuit limits.
        if random.below(16) == 0 { ticks += price < instrument.previousClose ? 1 : -1 }
        let moved = price + instrument.tick * ticks
        price = min(max(moved, instrument.lowerCircuit), instrument.upperCircuit)
        traded(at: price)
        if renews { renew() }
    }

    /// Steps over time in which nothing happens: the market was closed.
    mutating func sleep(until step: Int64) {
        self.step = step
    }

    /// Sets what was asked for and leaves the rest as it is.
    mutating func set(price: Rupees?, isFrozen: Bool?, depth: Int64?, spread: Rupees?) {
        if let price {
            if price < instrument.lowerCircuit || price > instrument.upperCircuit {
                instrument.previousClose = price.roundedUp(to: instrument.tick)
            }
            self.price = min(
                max(price.roundedDown(to: instrument.tick), instrument.lowerCircuit),
                instrument.upperCircuit
            )
            traded(at: self.price)
        }
        if let isFrozen { self.isFrozen = isFrozen }
        if let depth { self.depth = depth }
        if let spread { self.spread = max(spread, instrument.tick) }
        renew()
    }

    /// A trade between others or by one of ours.
    mutating func traded(at price: Rupees, quantity: Int64 = 0, at moment: Moment? = nil) {
        lastPrice = price
        high = max(high, price)
        low = min(low, price)
        guard quantity > 0 else { return }
        lastQuantity = quantity
        lastTradeAt = moment
        volume += quantity
        turnover += price * quantity
    }

    /// A new day: yesterday's last price is the close that limits are counted from.
    mutating func beginDay() {
        instrument.previousClose = lastPrice
        open = price
        high = price
        low = price
        volume = 0
        turnover = .zero
    }

    var averagePrice: Rupees { volume == 0 ? lastPrice : turnover.divided(by: volume) }

    /// How far from the last price a market order may trade: 3 %, and never past the circuit.
    func protection(_ side: Side) -> Rupees {
        let band = lastPrice.part(basisPoints: 300)
        return side == .buy
            ? min((lastPrice + band).roundedDown(to: instrument.tick), instrument.upperCircuit)
            : max((lastPrice - band).roundedUp(to: instrument.tick), instrument.lowerCircuit)
    }

    private mutating func renew() {
        let fixed = depth
        var stream = random
        liquidity.renew(
            around: price,
            spread: spread,
            within: instrument.lowerCircuit...instrument.upperCircuit
        ) {
            fixed ?? Self.usualDepth * 3 / 4 + stream.below(Self.usualDepth / 2)
        }
    }
}
