import Desk
import DeskTesting
import Synchronization
import Trading

/// What must be true at the end, whatever has happened.
extension World {
    /// Checks everything and names what is wrong.
    func check() {
        checkPlacements()
        checkOrders()
        checkWishes()
        checkChanges()
        checkSlices()
        checkExits()
        checkHalts()
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
            if let entry, let shape = row.shape,
                shape.quantity.raw != entry.quantity || shape.price?.raw != entry.price
            {
                kernel.violate(
                    "intent \(intent.id) is \(shape), really x\(entry.quantity) @ \(entry.price ?? 0)"
                )
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

    /// No change comes to the broker more often than it was asked for, and each ends.
    private func checkChanges() {
        let made = tables.storedModifications
        for change in made where change.state.isOpen {
            kernel.violate("the change \(change.id) is stuck \(change.state)")
        }
        let sent = Dictionary(grouping: made.filter { $0.tries > 0 }, by: \.order)
        let came = Dictionary(grouping: venue.allChanges, by: \.number)
        for row in tables.storedOrders {
            guard let number = row.intent.brokerOrderID.flatMap(Int.init) else { continue }
            let (heard, asked) = (came[number]?.count ?? 0, sent[row.intent.id]?.count ?? 0)
            if heard > asked {
                kernel.violate("order \(number) is changed \(heard) times, asked \(asked)")
            }
        }
    }

    /// A client's slices and repairs together are no more than the one order that was asked for.
    private func checkSlices() {
        let trades = tables.storedTrades
        let made = state.withLock { $0.trades }
        let entries = Dictionary(grouping: venue.allOrders, by: \.reference)
        for order in plot.orders {
            guard let root = made[order.key] else { continue }
            let family = Set([root] + trades.filter { $0.links.repairs == root }.map(\.id))
            let rows = tables.storedOrders.filter { family.contains($0.intent.task) }
            for (number, client) in clients.enumerated() {
                guard let most = order.most(for: plot.clients[number], plot) else { continue }
                let placed = rows.filter { $0.intent.client == client }
                    .flatMap(\.references).flatMap { entries[$0] ?? [] }
                    .filter { $0.status != .rejected }
                    .reduce(0) { $0 + $1.firstQuantity }
                if placed > most {
                    kernel.violate("\(order.key): client \(client) asked \(most), has \(placed)")
                }
            }
        }
    }

    /// Each exit ends, sells each kind of shares once, and not while what it cancels is open, unless
    /// that takes too long.
    private func checkExits() {
        let trades = Dictionary(uniqueKeysWithValues: tables.storedTrades.map { ($0.id, $0) })
        let entries = venue.allOrders
        for exit in tables.storedExits {
            if exit.state != .complete { kernel.violate("exit \(exit.id) is stuck \(exit.state)") }
            let kinds = exit.sales.compactMap { trades[$0]?.terms.instrument.id }
            if Set(kinds).count != kinds.count {
                kernel.violate("exit \(exit.id) sells the same twice: \(exit.sales)")
            }
            let references = Set(
                exit.sales.flatMap { sale in
                    tables.storedOrders.filter { $0.intent.task == sale }.flatMap(\.references)
                }
            )
            let asked = exit.askedAt.microseconds
            let first = entries.filter { references.contains($0.reference) }.map(\.sentAt).min()
            guard let first, first - asked <= ExitState.patience.microsecondCount else { continue }
            for entry in entries where entry.sentAt < asked && !references.contains(entry.reference)
            {
                guard exit.scope.covers(entry, in: self), entry.endedAt.map({ $0 > first }) != false
                else { continue }
                kernel.violate("exit \(exit.id) sells while order \(entry.number) is open")
            }
        }
    }

    /// Nothing leaves later than a halt allows.
    private func checkHalts() {
        let orders = Dictionary(uniqueKeysWithValues: venue.allOrders.map { ($0.number, $0) })
        let sends = orders.values.map { ($0, $0.sentAt, "sent") }
        let changes = venue.allChanges.compactMap { change in
            orders[change.number].map { ($0, change.sentAt, "changed") }
        }
        for (order, at, what) in sends + changes {
            let age = halts.age(of: subject(of: order), at: at)
            if let age, age >= HaltWatch.bound.microsecondCount {
                kernel.violate("order \(order.number) is \(what) \(age) µs after a halt")
            }
        }
    }

    private func subject(of entry: Venue.Entry) -> HaltSubject {
        HaltSubject(
            trader: trader,
            client: client(of: entry),
            broker: .dhan,
            instrument: instruments[entry.instrument].id
        )
    }

    fileprivate func client(of entry: Venue.Entry) -> ClientID {
        clients[Int(entry.client.dropFirst(2)) ?? 0]
    }

    /// Every trade is planned once for every client, complete, and counted as its rows are.
    private func checkTrades() {
        let trades = tables.storedTrades
        let sales = Set(tables.storedExits.flatMap(\.sales))
        let own = trades.filter { $0.links.repairs == nil && !sales.contains($0.id) }
        if own.count != plot.orders.count {
            kernel.violate("\(own.count) trades were made of \(plot.orders.count)")
        }
        for trade in trades {
            let rows = tables.intents(of: trade.id)
            let meant =
                switch trade.clients {
                case .named(let ids): ids
                case .all, .group: clients
                }
            // Later slices are orders of the same client.
            if rows.filter({ $0.leg == 0 }).map(\.client).sorted() != meant.sorted() {
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

extension ExitScope {
    fileprivate func covers(_ entry: Venue.Entry, in world: World) -> Bool {
        switch self {
        case .client(let id): world.client(of: entry) == id
        case .instrument(let id): world.instruments[entry.instrument].id == id
        case .everything: true
        }
    }
}

extension Plot.Order {
    /// The most shares that may be placed for a client; nil where that changes with what is held.
    fileprivate func most(for client: Plot.Client, _ plot: Plot) -> Int64? {
        // Money is in paise, prices in hundredths of a paisa.
        let price = price ?? plot.prices[instrument]
        switch sizing {
        case .quantity(let shares), .quantityWithin(let shares, _): return shares.raw
        case .amount(let amount): return amount.paise * 100 / price
        case .part(let part):
            guard !isSale else { return nil }
            return client.capital * Int64(part.raw) / 10_000 * 100 / price
        case .listed: return nil
        }
    }
}
