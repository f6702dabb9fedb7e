import Desk
import Fuzzing
import Trading

/// A broker that forgets nothing: the truth that the store must come to, however it is told of it.
struct StoryBroker: Sendable {
    struct Trade: Sendable {
        let id: String
        let quantity: Int64
        /// As it was first said, then as it was corrected; whichever is booked first stays.
        var prices: [Price]
        let at: Timestamp
    }

    struct Order: Sendable {
        let attempt: Attempt
        let id: String
        var quantity: Int64
        var price: Price?
        var status = OrderReport.Status.open
        var trades: [Trade] = []

        var intent: IntentID { attempt.job.intent }
        var filled: Int64 { trades.reduce(0) { $0 + $1.quantity } }
        var rest: Int64 { quantity - filled }
        var isAlive: Bool { status == .open || status == .partlyFilled }
    }

    private(set) var orders: [Order] = []
    private var places: [IntentID: Int] = [:]
    private let isCalm: Bool

    init(isCalm: Bool) { self.isCalm = isCalm }

    subscript(intent: IntentID) -> Order? { places[intent].map { orders[$0] } }

    /// Takes an order; what is wrong where the same client's order is here already.
    mutating func place(_ attempt: Attempt) -> String? {
        let intent = attempt.job.intent
        if let place = places[intent] {
            return "placed twice: \(attempt.reference) after \(orders[place].attempt.reference)"
        }
        places[intent] = orders.count
        orders.append(
            Order(
                attempt: attempt,
                id: "B\(intent)-\(attempt.number)",
                quantity: attempt.quantity.raw,
                price: attempt.terms.price
            )
        )
        return nil
    }

    // MARK: What happens at the exchange

    /// Lets something happen to an order, or nothing.
    mutating func stir(_ intent: IntentID, _ chance: inout FuzzRandom) {
        guard let place = places[intent] else { return }
        let roll = chance.below(100)
        if !orders[place].isAlive {
            // Traded after it was said to be over, or before, and said too late.
            if !isCalm, roll < 40, orders[place].rest > 0 { trade(place, &chance) }
            return
        }
        switch roll {
        case ..<35: trade(place, &chance)
        case ..<40: trade(place, &chance, all: true)
        case ..<43: end(intent, as: .cancelled)
        case ..<46: end(intent, as: .expired)
        case ..<50 where orders[place].trades.isEmpty: end(intent, as: .rejected)
        default: break
        }
    }

    /// Trades all that is left, or ends it so.
    mutating func finish(_ intent: IntentID, _ chance: inout FuzzRandom, fills percent: Int = 60) {
        guard let place = places[intent], orders[place].isAlive else { return }
        if chance.chance(percent) {
            trade(place, &chance, all: true)
        } else {
            end(intent, as: chance.pick([.cancelled, .expired]))
        }
    }

    /// Ends an order that lives; whether it did.
    @discardableResult
    mutating func end(_ intent: IntentID, as status: OrderReport.Status) -> Bool {
        guard let place = places[intent], orders[place].isAlive else { return false }
        orders[place].status = status
        return true
    }

    /// Changes an order that lives and is filled by less; whether it did.
    mutating func change(_ intent: IntentID, to shape: OrderShape) -> Bool {
        guard let place = places[intent], orders[place].isAlive,
            shape.quantity.raw > orders[place].filled
        else { return false }
        orders[place].quantity = shape.quantity.raw
        orders[place].price = shape.price
        return true
    }

    private mutating func trade(_ place: Int, _ chance: inout FuzzRandom, all: Bool = false) {
        var order = orders[place]
        let quantity = all ? order.rest : Int64(1 + chance.below(Int(order.rest)))
        let trade = Trade(
            id: "T\(order.intent)-\(order.trades.count)",
            quantity: quantity,
            prices: [price(of: order, &chance)],
            at: Timestamp(microseconds: 1_795_000_000_000_000 + Int64(order.trades.count))
        )
        order.trades.append(trade)
        if order.isAlive { order.status = order.rest > 0 ? .partlyFilled : .filled }
        if order.rest == 0 { order.status = .filled }
        orders[place] = order
    }

    /// Never worse than its limit; a MARKET order in rough times worse than what was held for it.
    private func price(of order: Order, _ chance: inout FuzzRandom) -> Price {
        let better = Int64(chance.below(200)) * 500
        let isPurchase = order.attempt.terms.side == .buy
        if let limit = order.price {
            return Price(raw: isPurchase ? limit.raw - better : limit.raw + better)
        }
        let last = order.attempt.sizingPrice.raw
        if isCalm { return Price(raw: isPurchase ? last - better : last + better) }
        return Price(raw: last + Int64(chance.below(400_000)) - 100_000)
    }

    // MARK: What it says

    /// An order as the broker has it, with all its trades.
    func books(_ intent: IntentID) -> BookedOrder? {
        self[intent].map { booked($0, $0.status, $0.trades) }
    }

    /// An order as one look may show it: complete, behind, with trades missing, doubled or corrected.
    mutating func glance(_ intent: IntentID, _ chance: inout FuzzRandom) -> BookedOrder? {
        guard let place = places[intent] else { return nil }
        var order = orders[place]
        switch chance.below(10) {
        case 0, 1:
            // A look that was made earlier and told only now.
            order.trades = Array(order.trades.prefix(chance.below(order.trades.count + 1)))
            return booked(order, order.trades.isEmpty ? .open : .partlyFilled, order.trades)
        case 2, 3:
            let some = order.trades.filter { _ in chance.chance(60) }
            return booked(order, order.status, some)
        case 4: return booked(order, order.status, order.trades.reversed() + order.trades)
        case 5 where !isCalm && !order.trades.isEmpty:
            let number = chance.below(order.trades.count)
            let first = order.trades[number].prices[0]
            order.trades[number].prices.append(Price(raw: first.raw + 1 + Int64(chance.below(999))))
            orders[place] = order
            return booked(order, order.status, order.trades, corrected: true)
        case 6 where !isCalm:
            // Its clock has jumped over midnight.
            return booked(order, order.status, order.trades, later: 86_400)
        default: return booked(order, order.status, order.trades)
        }
    }

    private func booked(
        _ order: Order,
        _ status: OrderReport.Status,
        _ trades: [Trade],
        corrected: Bool = false,
        later: Int64 = 0
    ) -> BookedOrder {
        let report = OrderReport(
            brokerOrderID: order.id,
            reference: order.attempt.reference,
            status: status,
            quantity: Quantity(order.quantity),
            filled: Quantity(order.filled),
            message: nil
        )
        let told = trades.map { trade in
            TradeReport(
                brokerOrderID: order.id,
                tradeID: trade.id,
                quantity: Quantity(trade.quantity),
                price: corrected ? trade.prices[trade.prices.count - 1] : trade.prices[0],
                at: Timestamp(microseconds: trade.at.microseconds + later * 1_000_000)
            )
        }
        return BookedOrder(intent: order.intent, report: report, trades: told)
    }
}
