import Desk
import DeskTesting
import Synchronization
import Trading

// MARK: The trader and the broker's messages

extension World {
    /// Somebody asks until there is an answer, always for the same and under the same key.
    ///
    /// `target`: what it is about, decided when it is first spoken; nil where there is nothing of its
    /// kind yet. `request`: how it is told, once there is an answer.
    private func ask<Target: Sendable>(
        _ key: String,
        about target: (World) -> Target?,
        _ request: @escaping @Sendable (SimulatedDesk, Target) async throws -> String
    ) {
        guard !isOver, !state.withLock({ $0.answered.contains(key) }) else { return }
        guard let api = process(0) else { return }
        let known = state.withLock { $0.targets[key] as? Target }
        guard let target = known ?? target(self) else {
            // Nothing of the kind will come any more.
            if kernel.age > plot.calmAt { state.withLock { _ = $0.answered.insert(key) } }
            return
        }
        state.withLock { $0.targets[key] = target }
        let desk = SimulatedDesk(api, in: self)
        api.perform { [self] in
            guard let word = try? await request(desk, target), !api.isDead else { return }
            kernel.tell("trader hears that \(key) is \(word)")
            state.withLock { _ = $0.answered.insert(key) }
        }
    }

    /// Asks now, and again every ten seconds.
    private func insist(_ key: String, _ ask: @escaping @Sendable () -> Void) {
        guard !isOver, !state.withLock({ $0.answered.contains(key) }) else { return }
        kernel.after(10 * Microseconds.second) { [self] in insist(key, ask) }
        ask()
    }

    func ask(for order: Plot.Order) {
        let submission = submission(order)
        insist(order.key) { [self] in
            ask(order.key, about: { _ in submission }) { desk, submission in
                let answer = try await desk.submit(submission)
                switch answer {
                case .created(let trade), .repeated(let trade):
                    desk.world.state.withLock { $0.trades[order.key] = trade.id }
                    return "trade \(trade.id)"
                case .conflict, .unknownClients, .preflightUsed:
                    desk.world.kernel.violate("\(order.key) is refused: \(answer)")
                    return "refused"
                }
            }
        }
    }

    func ask(to wish: Plot.Wish) {
        insist(wish.key) { [self] in
            ask(wish.key, about: { $0.scope(of: wish) }) { desk, scope in
                let answer = try await desk.cancel(
                    CancelRequest(
                        trader: desk.world.trader,
                        user: UserID(1),
                        idempotencyKey: wish.key,
                        bodyHash: Array(wish.key.utf8),
                        scope: scope
                    )
                )
                switch answer {
                case .created(let head, _, _), .repeated(let head): return "cancellation \(head.id)"
                case .conflict, .notFound:
                    desk.world.kernel.violate("\(wish.key) is refused: \(answer)")
                    return "refused"
                }
            }
        }
    }

    func ask(for change: Plot.Change) {
        insist(change.key) { [self] in
            ask(change.key, about: { $0.target(of: change) }) { desk, request in
                switch try await desk.modify(request) {
                case .created(let made, _), .repeated(let made): return "modification \(made.id)"
                case .refused(let why): return "refused: \(why)"
                case .conflict, .notFound:
                    desk.world.kernel.violate("\(change.key) is not found")
                    return "refused"
                }
            }
        }
    }

    func ask(for exit: Plot.Exit) {
        let scope: ExitScope =
            switch exit.scope {
            case .client: .client(clients[Int(exit.choice) % clients.count])
            case .instrument: .instrument(instruments[Int(exit.choice) % instruments.count].id)
            case .everything: .everything
            }
        let request = ExitRequest(
            trader: trader,
            user: UserID(1),
            idempotencyKey: exit.key,
            bodyHash: Array(exit.key.utf8),
            scope: scope,
            product: nil
        )
        insist(exit.key) { [self] in
            ask(exit.key, about: { _ in request }) { desk, request in
                let answer = try await desk.exit(request)
                switch answer {
                case .created(let made), .repeated(let made): return "exit \(made.id)"
                case .conflict, .notFound:
                    desk.world.kernel.violate("\(exit.key) is refused: \(answer)")
                    return "refused"
                }
            }
        }
    }

    func ask(for repair: Plot.Repair) {
        insist(repair.key) { [self] in
            ask(repair.key, about: { $0.request(of: repair) }) { desk, request in
                switch try await desk.repair(request) {
                case .created(let trade, _), .repeated(let trade): return "trade \(trade.id)"
                case .nothing, .undone: return "nothing"
                case .conflict:
                    desk.world.kernel.violate("\(repair.key) is refused")
                    return "refused"
                }
            }
        }
    }

    /// The broker tells that an order has changed.
    func hint(_ reference: String) {
        guard !kernel.happens(.hintLost) else { return }
        for _ in 0..<(kernel.happens(.hintTwice) ? 2 : 1) {
            kernel.after(kernel.below(Microseconds.second)) { [self] in
                guard let api = process(0), let hints = state.withLock({ $0.hints }) else { return }
                hints([reference])
                api.perform { try? await hints.flush() }
            }
        }
    }
}

// MARK: What they are about

extension World {
    private func scope(of wish: Plot.Wish) -> CancelScope? {
        switch wish.scope {
        case .task: tables.storedTrades.chosen(by: wish.choice).map { .task($0.id) }
        case .order:
            tables.storedOrders.chosen(by: wish.choice).map { .order($0.intent.id) }
                ?? tables.storedTrades.chosen(by: wish.choice).map { .task($0.id) }
        case .client: clients.chosen(by: wish.choice).map { .client($0) }
        case .instrument: instruments.chosen(by: wish.choice).map { .instrument($0.id) }
        case .everything: .everything
        }
    }

    /// An order that rests, and what it is to be.
    private func target(of change: Plot.Change) -> ModificationRequest? {
        let resting = tables.storedOrders.filter { row in
            row.intent.state == .accepted || row.intent.state == .open
                || row.intent.state == .partlyFilled
        }
        guard let row = resting.chosen(by: change.choice), let shape = row.shape else { return nil }
        let isSale =
            tables.storedTrades.first { $0.id == row.intent.task }?.terms.side == .sell
        let more = change.moreTicks * Venue.tick * (isSale ? -1 : 1)
        return ModificationRequest(
            trader: trader,
            user: UserID(1),
            idempotencyKey: change.key,
            bodyHash: Array(change.key.utf8),
            order: row.intent.id,
            wish: WishedShape(
                quantity: Quantity(max(1, shape.quantity.raw + change.moreShares)),
                price: shape.price.map { Price(raw: $0.raw + more) }
            )
        )
    }

    private func request(of repair: Plot.Repair) -> RepairRequest? {
        let trades = state.withLock { Set($0.trades.values) }.sorted()
        return trades.chosen(by: repair.choice).map { task in
            RepairRequest(
                task: task,
                trader: trader,
                user: UserID(1),
                idempotencyKey: repair.key,
                bodyHash: Array(repair.key.utf8),
                marketOpen: true
            )
        }
    }

    private func submission(_ order: Plot.Order) -> Submission {
        Submission(
            trader: trader,
            user: UserID(1),
            idempotencyKey: order.key,
            bodyHash: Array(order.key.utf8),
            terms: OrderTerms(
                instrument: instruments[order.instrument],
                side: order.isSale ? .sell : .buy,
                type: order.price == nil ? .market : .limit,
                product: .delivery,
                validity: .day,
                price: order.price.map { Price(raw: $0) },
                trigger: nil
            ),
            sizing: order.sizing,
            clients: order.clients.map { .named($0.map { clients[$0] }) } ?? .all,
            onDoubt: order.resendWithin.map { .resend(withinSeconds: $0) } ?? .ask
        )
    }
}

extension Array {
    /// Any one of these; nil where there is none.
    fileprivate func chosen(by number: Int64) -> Element? {
        isEmpty ? nil : self[Int(number) % count]
    }
}

/// Where the broker's messages go.
final class HintSink: Sendable {
    private struct Link { weak var world: World? }
    private let link = Mutex(Link())

    func connect(_ world: World?) { link.withLock { $0.world = world } }
    func take(_ reference: String) { link.withLock { $0.world }?.hint(reference) }
}
