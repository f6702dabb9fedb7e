import Desk
import Trading

/// What must hold between any two moments of a story, worked out from raw rows and from what the
/// broker really did; nothing of the code under test is used.
struct StoryLaws {
    let books: StoryBooks
    let hands: StoryWorld.Hands
    let isCalm: Bool

    /// What is wrong, each with its law's name first.
    func complaints() -> [String] {
        hands.complaints + doubleEntry() + money() + holds() + shares() + fills() + attempts()
            + states()
    }

    /// What is wrong at the end of the day, when nothing may be open any more.
    func complaintsAtTheEnd() -> [String] {
        var found = complaints()
        for order in books.orders where !order.isOver {
            found.append("all ends: order \(order.id) is \(order.state)")
        }
        for order in books.orders where order.held != 0 || order.reserved != 0 {
            found.append("all ends: order \(order.id) holds \(order.held), \(order.reserved)")
        }
        for (client, balances) in books.funds where balances["held"] != 0 {
            found.append("all ends: of client \(client) \(balances["held"] ?? 0) are held")
        }
        for (key, held) in books.holdings where held.reserved != 0 {
            found.append("all ends: \(held.reserved) of \(key) are reserved")
        }
        let states = Dictionary(uniqueKeysWithValues: books.orders.map { ($0.id, $0.state) })
        let booked = Set(books.fills.map(\.trade))
        for order in hands.broker.orders {
            for trade in order.trades where !booked.contains(trade.id) {
                found.append("all ends: trade \(trade.id) is not booked")
            }
            let state = states[order.intent.raw] ?? "gone"
            let wanted = "\(order.status)".uppercased()
            // Traded on after it had ended, but not all of it: it stays as it ended.
            if state != wanted {
                found.append("all ends: order \(order.intent) is \(state), not \(wanted)")
            }
        }
        return found
    }

    // MARK: Money

    private static let sources: Set = ["deposited", "realised_gain", "shortfall", "borrowed"]

    private func doubleEntry() -> [String] {
        var sums: [Int64: [String: Int64]] = [:]
        for entry in books.transfers {
            let (client, amount) = (entry.client, entry.amount)
            let (more, less) = (
                Self.sources.contains(entry.debit), Self.sources.contains(entry.credit)
            )
            sums[client, default: [:]][entry.debit, default: 0] += more ? -amount : amount
            sums[client, default: [:]][entry.credit, default: 0] += less ? amount : -amount
        }
        var found: [String] = []
        for (client, balances) in books.funds {
            for (account, balance) in balances {
                let sum = sums[client]?[account] ?? 0
                if balance != sum {
                    found.append("double entry: \(account) of \(client) is \(balance), not \(sum)")
                }
                if balance < 0 { found.append("never below zero: \(account) of \(client)") }
            }
            let sources = balances.filter { Self.sources.contains($0.key) }.values.reduce(0, +)
            if balances.values.reduce(0, +) != 2 * sources {
                found.append("double entry: the sides of \(client) differ: \(balances)")
            }
        }
        return found
    }

    /// Cash is what was paid in, less what was bought, plus what was sold and what is owed.
    private func money() -> [String] {
        var cash: [Int64: Int64] = [:]
        let orders = Dictionary(uniqueKeysWithValues: books.orders.map { ($0.id, $0) })
        let missing = missingShares()
        for fill in books.fills {
            guard let order = orders[fill.intent] else { continue }
            let sold = fill.quantity - missing[fill.trade, default: 0]
            cash[order.shares.client, default: 0] +=
                order.isSale
                ? (fill.price * sold + 50) / 100 : -(fill.price * fill.quantity + 50) / 100
        }
        var found: [String] = []
        for (client, balances) in books.funds {
            let paid = hands.paid[ClientID(client), default: 0]
            let start = StoryWorld.cash - StoryWorld.firstCost
            let owed = balances["shortfall", default: 0] + balances["borrowed", default: 0]
            let has = balances["available", default: 0] + balances["held", default: 0]
            let due = start + paid + cash[client, default: 0] + owed
            if has != due { found.append("money is conserved: \(client) has \(has), not \(due)") }
            let costs = books.holdings.filter { $0.key.client == client }.values
            if balances["invested"] != costs.reduce(0, { $0 + $1.cost }) {
                found.append("invested is what shares cost: \(client)")
            }
            if balances["borrowed"] != costs.reduce(0, { $0 + $1.borrowed }) {
                found.append("borrowed is what shares owe: \(client)")
            }
            if isCalm, balances["shortfall"] != 0 {
                found.append("nobody overspends: \(client) owes \(balances["shortfall"] ?? 0)")
            }
        }
        return found
    }

    /// What open orders hold and reserve: no less than they may need, and nobody else holds any.
    private func holds() -> [String] {
        var found: [String] = []
        var held: [Int64: Int64] = [:]
        var reserved: [StoryBooks.Shares: Int64] = [:]
        let highest = Dictionary(books.fills.map { ($0.intent, $0.price) }) { max($0, $1) }
        for order in books.orders {
            held[order.shares.client, default: 0] += order.held
            reserved[order.shares, default: 0] += order.reserved
            let rest = max(0, max(order.quantity, order.ceiling) - order.filled)
            if !order.isOpen || order.isSale, order.held != 0 {
                found.append("held is what purchases hold: \(order.id), \(order.state)")
            }
            if (order.isOpen && order.isSale ? rest : 0) != order.reserved {
                found.append(
                    "open sales reserve the rest: \(order.id), \(order.state), \(order.reserved)"
                )
            }
            guard order.isOpen, !order.isSale, !order.isLent,
                let price = order.limit ?? order.sizingPrice, highest[order.id] ?? 0 <= price
            else { continue }
            let needed = (price * max(0, order.quantity - order.filled) + 99) / 100
            let isExact = order.limit != nil && !order.wasChanged && order.filled == 0
            if order.held < needed || isExact && order.held != needed {
                found.append("purchases hold enough: \(order.id) \(order.held), not \(needed)")
            }
        }
        for (client, balances) in books.funds
        where balances["held"] != held[client, default: 0] {
            found.append("held is what purchases hold: client \(client)")
        }
        for key in Set(reserved.keys).union(books.holdings.keys)
        where books.holdings[key]?.reserved ?? 0 != reserved[key, default: 0] {
            found.append("reserved is what sales reserve: \(key)")
        }
        return found
    }

    // MARK: Shares and trades

    private func missingShares() -> [String: Int64] {
        let lines = books.lines.filter { $0.action == "FILL_BEYOND_HOLDING" }
        return Dictionary(lines.map { ($0.trade ?? "", $0.missing) }) { $0 + $1 }
    }

    /// Holdings are the first shares and all that was bought since, less what was sold of them.
    private func shares() -> [String] {
        var owned: [StoryBooks.Shares: Int64] = [:]
        var found: [String] = []
        for (client, _) in books.funds {
            let key = StoryBooks.Shares(
                client: client,
                instrument: hands.firstInstrument,
                product: "CNC"
            )
            owned[key] = StoryWorld.firstShares
        }
        let orders = Dictionary(uniqueKeysWithValues: books.orders.map { ($0.id, $0) })
        let missing = missingShares()
        for fill in books.fills {
            guard let order = orders[fill.intent] else { continue }
            let sold = fill.quantity - missing[fill.trade, default: 0]
            owned[order.shares, default: 0] += order.isSale ? -sold : fill.quantity
        }
        for key in Set(owned.keys).union(books.holdings.keys) {
            let (held, should) = (books.holdings[key], owned[key, default: 0])
            if held?.quantity ?? 0 != should {
                found.append("holdings are fills: \(key) is \(held?.quantity ?? 0), not \(should)")
            }
            guard let held else { continue }
            if held.reserved < 0 || held.reserved > held.quantity || held.cost < 0 {
                found.append("nobody oversells: \(key)")
            }
            if held.quantity == 0, held.cost != 0 || held.borrowed != 0 {
                found.append("no shares cost nothing: \(key)")
            }
        }
        for (trade, count) in missing where isCalm || count <= 0 {
            found.append("nobody oversells: \(count) of trade \(trade)")
        }
        return found
    }

    /// Each fill is a trade that the broker made, booked once.
    private func fills() -> [String] {
        var found: [String] = []
        let trades = Dictionary(
            hands.broker.orders.flatMap { order in
                order.trades.map { ($0.id, (order.intent.raw, $0)) }
            }
        ) { first, _ in first }
        var sums: [Int64: (quantity: Int64, value: Int64)] = [:]
        var seen: Set<String> = []
        for fill in books.fills {
            if !seen.insert(fill.trade).inserted { found.append("booked once: \(fill.trade)") }
            sums[fill.intent, default: (0, 0)].quantity += fill.quantity
            sums[fill.intent, default: (0, 0)].value += fill.value
            guard let (intent, trade) = trades[fill.trade], intent == fill.intent,
                trade.quantity == fill.quantity, trade.prices.contains(Price(raw: fill.price)),
                fill.value == (fill.price * fill.quantity + 50) / 100
            else {
                found.append("fills are the broker's trades: \(fill)")
                continue
            }
        }
        for order in books.orders {
            let sum = sums[order.id] ?? (0, 0)
            if sum.quantity != order.filled || sum.value != order.filledValue {
                found.append("an order is filled by its fills: \(order.id)")
            }
            // Of a lost change nobody can say any more that it was made, once the order has ended; what
            // then is traded late shows it.
            let isLost = !isCalm && order.wasChanged
            guard order.isOver, !isLost, !books.changing.contains(order.id) else { continue }
            if order.filled > order.quantity {
                found.append("no order is filled beyond its quantity: \(order.id)")
            }
            if order.state == "FILLED", order.filled < order.quantity {
                found.append("a filled order is filled: \(order.id)")
            }
        }
        return found
    }

    // MARK: Attempts and states

    private static let deadAttempts: Set = ["REFUSED", "NOT_SENT", "ABSENT"]

    /// One attempt at most lives, and what the broker has is never called dead.
    private func attempts() -> [String] {
        var found: [String] = []
        let byOrder = Dictionary(grouping: books.attempts, by: \.intent)
        for order in books.orders {
            let all = byOrder[order.id] ?? []
            let alive = all.filter { !Self.deadAttempts.contains($0.state) }
            if alive.count > 1 { found.append("one attempt lives: \(order.id), \(alive.count)") }
            if order.isOpen, alive.count != 1 {
                found.append("what was sent has an attempt: \(order.id), \(order.state)")
            }
            if order.state == "READY" || order.state == "SKIPPED", !alive.isEmpty {
                found.append("what is not sent has no live attempt: \(order.id)")
            }
            if all.map(\.number) != Array(1..<(order.attempts + 1)) {
                found.append("attempts are numbered: \(order.id)")
            }
        }
        let states = Dictionary(
            uniqueKeysWithValues: books.attempts.map { ($0.reference, $0.state) }
        )
        for order in hands.broker.orders {
            let state = states[order.attempt.reference]
            if state.map(Self.deadAttempts.contains) != false {
                found.append("what is placed is not dead: \(order.attempt.reference)")
            }
        }
        return found
    }

    /// From which state an order may come into which; nil stands for its plan.
    private static let moves: [String?: Set<String>] = {
        let live: Set = ["ACCEPTED", "OPEN", "PARTLY_FILLED", "CANCEL_REQUESTED"]
        let ended: Set = ["FILLED", "CANCELLED", "REJECTED", "EXPIRED"]
        let known = live.union(ended)
        return [
            nil: ["READY", "SENDING", "SKIPPED"],
            "READY": ["SENDING", "SKIPPED"],
            "SENDING": known.union(["UNKNOWN", "READY", "SKIPPED"]),
            "UNKNOWN": known.union(["READY", "SKIPPED"]),
            "ACCEPTED": known,
            "OPEN": known.subtracting(["ACCEPTED"]),
            "PARTLY_FILLED": ended.union(["CANCEL_REQUESTED"]),
            "CANCEL_REQUESTED": known,
            "CANCELLED": ["FILLED"],
            "REJECTED": ["FILLED"],
            "EXPIRED": ["FILLED"],
        ]
    }()

    /// The audit log tells of lawful moves alone, and of the last one.
    private func states() -> [String] {
        var found: [String] = []
        var last: [Int64: String] = [:]
        for line in books.lines {
            let before = last[line.intent]
            if before != line.state, Self.moves[before]?.contains(line.state) != true {
                found.append(
                    "moves are lawful: \(line.intent) from \(before ?? "plan") to \(line.state)"
                )
            }
            last[line.intent] = line.state
        }
        for order in books.orders {
            if let told = last[order.id], told != order.state {
                found.append("the audit log tells all: \(order.id) is \(order.state), not \(told)")
            }
            if order.taskState == "COMPLETE",
                ["READY", "SENDING", "UNKNOWN"].contains(order.state)
            {
                found.append("complete trades wait for nothing: \(order.id) is \(order.state)")
            }
        }
        return found
    }
}
