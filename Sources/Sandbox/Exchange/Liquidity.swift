/// What the rest of the world bids and offers around the walking price.
struct Liquidity: Sendable {
    static let levels = 20

    private(set) var bid: Rupees = .zero
    private(set) var ask: Rupees = .zero
    private var bids = [Int64](repeating: 0, count: levels)
    private var asks = [Int64](repeating: 0, count: levels)
    private var firstBid = 0
    private var firstAsk = 0
    private let tick: Rupees

    init(tick: Rupees) {
        self.tick = tick
    }

    /// Puts fresh quantities around a price: the ask is at or just above it.
    mutating func renew(
        around price: Rupees,
        spread: Rupees,
        within circuit: ClosedRange<Rupees>,
        quantity: () -> Int64
    ) {
        let half = Rupees(tenThousandths: spread.tenThousandths / 2)
        let lowest = max(price - half, tick)
        bid = max(lowest.roundedDown(to: tick), circuit.lowerBound)
        if bid == price, bid > circuit.lowerBound { bid -= tick }
        ask = min(bid + max(spread.roundedUp(to: tick), tick), circuit.upperBound)
        for level in 0..<Self.levels {
            let (bidQuantity, askQuantity) = (quantity(), quantity())
            bids[level] = circuit.contains(bidPrice(level)) ? bidQuantity : 0
            asks[level] = circuit.contains(askPrice(level)) && ask > bid ? askQuantity : 0
        }
        firstBid = 0
        firstAsk = 0
    }

    /// The best price an order of this side can meet.
    mutating func best(against side: Side) -> Rupees? {
        switch side {
        case .buy:
            while firstAsk < Self.levels, asks[firstAsk] == 0 { firstAsk += 1 }
            return firstAsk < Self.levels ? askPrice(firstAsk) : nil
        case .sell:
            while firstBid < Self.levels, bids[firstBid] == 0 { firstBid += 1 }
            return firstBid < Self.levels ? bidPrice(firstBid) : nil
        }
    }

    /// Takes up to a quantity from the best level; `best` must have named it.
    mutating func take(_ wanted: Int64, against side: Side) -> Int64 {
        switch side {
        case .buy:
            let taken = min(wanted, asks[firstAsk])
            asks[firstAsk] -= taken
            return taken
        case .sell:
            let taken = min(wanted, bids[firstBid])
            bids[firstBid] -= taken
            return taken
        }
    }

    /// The best levels that an order of this side would meet.
    func depth(_ count: Int, against side: Side) -> [(
        price: Rupees, quantity: Int64, orders: Int64
    )] {
        (0..<Self.levels).lazy.map { level -> (price: Rupees, quantity: Int64, orders: Int64) in
            let quantity = side == .buy ? asks[level] : bids[level]
            let price = side == .buy ? askPrice(level) : bidPrice(level)
            return (price, quantity, max(1, quantity / 1_000))
        }
        .filter { $0.quantity > 0 }.prefix(count).map { $0 }
    }

    private func bidPrice(_ level: Int) -> Rupees { bid - tick * Int64(level) }
    private func askPrice(_ level: Int) -> Rupees { ask + tick * Int64(level) }
}
