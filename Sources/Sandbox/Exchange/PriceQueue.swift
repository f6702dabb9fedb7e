/// Orders that wait, best price first and the oldest first within a price.
///
/// A level is found by binary search; an order that leaves early is only marked by its owner
/// (its `place` no longer equals the entry's) and stepped over later, so nothing is shifted.
struct PriceQueue: Sendable {
    struct Entry: Sendable {
        let order: Int
        let place: UInt32
    }

    private struct Level: Sendable {
        let price: Rupees
        var entries: [Entry]
        var first = 0
        var living: Int
    }

    private let highestFirst: Bool
    /// The worst level first, so that the best one is cheap to take away.
    private var levels: [Level] = []

    init(highestFirst: Bool) {
        self.highestFirst = highestFirst
    }

    var isEmpty: Bool { levels.isEmpty }
    var bestPrice: Rupees? { levels.last?.price }

    mutating func add(_ entry: Entry, at price: Rupees) {
        let index = position(of: price)
        if index < levels.count, levels[index].price == price {
            levels[index].entries.append(entry)
            levels[index].living += 1
        } else {
            levels.insert(Level(price: price, entries: [entry], living: 1), at: index)
        }
    }

    /// Says that an order of this price has left; its entry stays until it is met.
    mutating func forget(at price: Rupees) {
        let index = position(of: price)
        guard index < levels.count, levels[index].price == price else { return }
        levels[index].living -= 1
        if levels[index].living == 0 { levels.remove(at: index) }
    }

    /// The oldest order of the best price that still waits.
    mutating func head(isWaiting: (Entry) -> Bool) -> Int? {
        guard let best = levels.indices.last else { return nil }
        while levels[best].first < levels[best].entries.count {
            let entry = levels[best].entries[levels[best].first]
            if isWaiting(entry) { return entry.order }
            levels[best].first += 1
        }
        return nil
    }

    /// Quantities and prices for display, best first.
    func depth(_ count: Int, quantity: (Entry) -> Int64) -> [(
        price: Rupees, quantity: Int64, orders: Int64
    )] {
        levels.suffix(count).reversed().map { level in
            let waiting = level.entries[level.first...].map(quantity).filter { $0 > 0 }
            return (level.price, waiting.reduce(0, +), Int64(waiting.count))
        }
    }

    mutating func removeAll() {
        levels.removeAll()
    }

    /// Where a level of this price is, or belongs.
    private func position(of price: Rupees) -> Int {
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low + high) / 2
            let isWorse =
                highestFirst ? levels[middle].price < price : levels[middle].price > price
            if isWorse { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
