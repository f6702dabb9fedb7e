import Desk
import DeskTesting
import Trading

/// What must be true at the end, whatever has happened.
extension World {
    /// Checks everything and names what is wrong.
    func check() {
        checkPlacements()
        checkOrders()
        checkWishes()
        checkTrades()
        checkMoney()
        checkMessages()
    }

    /// Live orders per intent ≤ 1.
    private func checkPlacements() {
        // The last two characters of a reference are the attempt's.
        let byIntent = Dictionary(grouping: venue.allOrders) { $0.reference.dropLast(2) }
        for (intent, placed) in byIntent.sorted(by: { $0.key < $1.key }) {
            let real = placed.filter { $0.status != .rejected }
            if real.count > 1 {
                kernel.violate("\(intent) is placed \(real.count) times: \(real.map(\.number))")
            }
        }
    }

    /// Every booked order is known, and known as it is; nothing is forgotten or stuck.
    private func checkOrders() {
        let booked = venue.allOrders
        let stored = tables.storedOrders
        let known = Dictionary(
            uniqueKeysWithValues: stored.flatMap { row in row.references.map { ($0, row) } }
        )
        for entry in booked where known[entry.reference]?.intent.brokerOrderID != "\(entry.number)"
        {
            let state = known[entry.reference]?.intent.state.rawValue ?? "of nobody"
            kernel.violate("order \(entry.number) is lost: it is \(entry.status), we say \(state)")
        }
        for row in stored {
            let intent = row.intent
            let entry = intent.brokerOrderID.flatMap(Int.init).flatMap { venue.show($0) }
            if intent.state.awaitsPlacement {
                kernel.violate("intent \(intent.id) is stuck \(intent.state.rawValue)")
            }
            if let entry, !intent.state.agrees(with: entry.status) {
                kernel.violate("intent \(intent.id) is \(intent.state), but \(entry.status)")
            }
            let filled = entry?.filled ?? 0
            if intent.filled.raw != filled {
                kernel.violate("intent \(intent.id) filled \(intent.filled), really \(filled)")
            }
            let value = entry?.value ?? .zero
            if intent.filledValue != value {
                kernel.violate("intent \(intent.id) cost \(intent.filledValue), really \(value)")
            }
            let isOver = intent.state.isFinal
            if isOver, intent.held != .zero || row.reserved != .zero {
                kernel.violate("intent \(intent.id) is over and holds \(intent.held)")
            }
        }
    }

    /// Nothing is sent that somebody had wished cancelled, and what is wished cancelled ends.
    private func checkWishes() {
        for row in tables.storedOrders {
            guard let wishedAt = row.wishedAt else { continue }
            let intent = row.intent
            if let sentAt = row.sentAt, sentAt > wishedAt {
                kernel.violate(
                    "intent \(intent.id) is sent at \(sentAt), wished off at \(wishedAt)"
                )
            }
            if row.isWished, !intent.state.isFinal {
                kernel.violate("intent \(intent.id) is wished cancelled and \(intent.state)")
            }
            if intent.state == .skipped,
                row.references.contains(where: { reference in
                    venue.allOrders.contains { $0.reference == reference && $0.status != .rejected }
                })
            {
                kernel.violate("intent \(intent.id) is withdrawn, and the broker has it")
            }
        }
    }

    /// Every trade is planned once for every client, complete, and counted as its rows are.
    private func checkTrades() {
        let trades = tables.storedTrades
        if trades.count != plot.orders.count {
            kernel.violate("\(trades.count) trades were made of \(plot.orders.count)")
        }
        for trade in trades {
            let rows = tables.intents(of: trade.id)
            let meant =
                switch trade.clients {
                case .named(let ids): ids
                case .all, .group: clients
                }
            if rows.map(\.client).sorted() != meant.sorted() {
                kernel.violate("trade \(trade.id) has orders of \(rows.map(\.client))")
            }
            if trade.state != .complete {
                kernel.violate("trade \(trade.id) is \(trade.state), with \(rows.map(\.state))")
            }
        }
    }

    /// Cash is never negative, and every paisa and share is accounted for by what really traded.
    private func checkMoney() {
        let booked = venue.allOrders
        let stored = tables.storedOrders.map(\.intent)
        for (number, client) in clients.enumerated() {
            guard let funds = tables.funds(of: client) else { continue }
            let mine = booked.filter { $0.client == "DC\(number)" }
            let holds = stored.filter { $0.client == client }
            let bought = mine.filter { !$0.isSale }.reduce(Money.zero) { $0 + $1.value }
            let sold = mine.filter(\.isSale).reduce(Money.zero) { $0 + $1.value }
            let capital = Money(paise: plot.clients[number].capital)
            if !funds.isBalanced || funds.available < .zero {
                kernel.violate("client \(client): the ledger is out of balance: \(funds)")
            }
            if funds.available + funds.held - funds.shortfall != capital - bought + sold {
                kernel.violate("client \(client): cash \(funds), bought \(bought), sold \(sold)")
            }
            if funds.held != holds.reduce(.zero, { $0 + $1.held }) {
                kernel.violate("client \(client): \(funds.held) held by nobody")
            }
            var cost = Money.zero
            for (index, instrument) in instruments.enumerated() {
                let holding = tables.holding(of: client, in: instrument.id)
                cost += holding.cost
                let traded = mine.filter { $0.instrument == index }
                    .reduce(0) { $0 + ($1.isSale ? -$1.filled : $1.filled) }
                let really = plot.clients[number].shares[index] + traded
                if really < 0 || holding.quantity.raw != really || holding.reserved != .zero {
                    kernel.violate("client \(client): holds \(holding), really \(really)")
                }
            }
            if funds.invested != cost {
                kernel.violate("client \(client): invested \(funds.invested), shares cost \(cost)")
            }
        }
    }

    /// Every message is acknowledged; what became a dead letter was replayed.
    private func checkMessages() {
        if !queue.isEmpty { kernel.violate("messages are left that nobody works on") }
        if tables.outboxCount > 0 { kernel.violate("messages are left in the outbox") }
    }
}

extension OrderState {
    /// Whether this is what the broker's books say.
    fileprivate func agrees(with status: Venue.Status) -> Bool {
        switch status {
        case .transit, .open, .partTraded: isLive
        case .traded: self == .filled
        case .rejected: self == .rejected
        case .cancelled: self == .cancelled
        case .expired: self == .expired
        }
    }
}

extension Venue.Entry {
    /// What the trades came to.
    var value: Money {
        deals.reduce(.zero) { $0 + Price(raw: $1.price).value(of: Quantity($1.quantity)) }
    }
}
