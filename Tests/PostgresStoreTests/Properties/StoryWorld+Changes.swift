import Desk
import Fuzzing
import PostgresStore
import Trading

/// The books, cancels, changes, and the scheduler.
extension StoryWorld {
    func look(_ chance: inout FuzzRandom) async throws {
        let seen = with { hands in
            (0...chance.below(6)).compactMap { _ -> BookedOrder? in
                guard !hands.broker.orders.isEmpty else { return nil }
                // Young orders more often: the old ones have ended.
                let orders = hands.broker.orders.suffix(chance.chance(70) ? 12 : .max)
                let intent = chance.pick(Array(orders)).intent
                hands.broker.stir(intent, &chance)
                return hands.broker.glance(intent, &chance)
            }
        }
        try await desk.orders.apply(seen)
    }

    func cancel(_ chance: inout FuzzRandom, key: String) async throws {
        let (intents, tasks) = with { hands in
            ((hands.ready + hands.claimed).map(\.intent), hands.trades.keys.sorted())
        }
        let scope: CancelScope
        switch chance.below(100) {
        case ..<70 where !intents.isEmpty: scope = .order(chance.pick(intents))
        case ..<90 where !tasks.isEmpty: scope = .task(chance.pick(tasks))
        case ..<95: scope = .client(chance.pick(clients))
        case ..<98: scope = .instrument(chance.pick(shares).id)
        default: scope = .everything
        }
        let asked = try await desk.orders.askToCancel(desk.cancelRequest(scope, key: key))
        if case .created(_, let orders, _) = asked { with { $0.cancels += orders } }
    }

    func askBroker(_ chance: inout FuzzRandom) async throws {
        let jobs = with { hands in
            hands.some(\.cancels, 5, &chance, keeping: 50)
        }
        let orders = try await desk.orders.ordersToCancel(jobs.map(\.intent))
        let outcomes = orders.compactMap(\.self).map { order -> CancelOutcome in
            let (roll, isHeard) = (chance.below(10), chance.chance(60))
            return with { $0.cancel(order.job, roll, isHeard: isHeard) }
        }
        try await desk.orders.apply(outcomes.compactMap(\.booked))
        try await desk.orders.note(outcomes)
    }

    func change(_ chance: inout FuzzRandom, key: String) async throws {
        let resting = with { hands in hands.broker.orders.filter { $0.isAlive && $0.price != nil } }
        for number in 0..<4 where !resting.isEmpty {
            try await change(chance.pick(resting), &chance, key: "\(key) \(number)")
        }
    }

    private func change(
        _ order: StoryBroker.Order,
        _ chance: inout FuzzRandom,
        key: String
    ) async throws {
        var wish = WishedShape()
        if chance.chance(75) {
            wish.quantity = Quantity(max(1, order.quantity + Int64(chance.below(13)) - 6))
        }
        if chance.chance(50), let price = order.price {
            wish.price = Price(raw: price.raw + Int64(chance.below(400) - 200) * 500)
        }
        let asked = try await desk.orders.askToModify(desk.request(order.attempt, wish, key: key))
        if case .created(_, let job) = asked { with { $0.changing.append(job.intent) } }
    }

    func sendChange(_ chance: inout FuzzRandom) async throws {
        let intents = with { hands in
            hands.some(\.changing, 4, &chance, keeping: 70)
        }
        for change in try await desk.orders.openModifications(Array(Set(intents))) {
            try await advance(change, &chance)
        }
    }

    /// What a worker does with a change: sends it, or asks the books what came of it.
    private func advance(_ change: OpenModification, _ chance: inout FuzzRandom) async throws {
        guard try await !desk.orders.liveOrders([change.job.intent]).isEmpty else {
            try await desk.orders.note([ModificationNews(change, .orderEnded(.unclear))])
            return
        }
        switch change.state {
        case .asked:
            let obstacle: Reason? = chance.chance(6) ? .marketClosed : nil
            let lease = Lease(
                worker: "test",
                duration: .seconds(chance.chance(40) ? 0 : 600)
            )
            let tries = try await desk.orders.claim([change], obstacle: obstacle, lease: lease)
            guard let number = tries[0] else { return }
            let roll = chance.below(10)
            let answer = with { $0.send(change, number, roll) }
            // Some workers end before they can write it down.
            guard chance.chance(80) else { return }
            let news = ModificationNews(change, tries: number, .answered(answer))
            try await desk.orders.note([news])
        case .sending where !change.isAbandoned: return
        case .sending, .unknown: try await ask(change, isSure: chance.chance(80))
        case .applied, .refused, .unchanged, .withdrawn: return
        }
    }

    /// Books what the order is now, then what that says of its change.
    func ask(_ change: OpenModification, isSure: Bool) async throws {
        let (books, isDone) = with { hands in
            (hands.broker.books(change.job.intent), hands.changes[change.name(change.tries)])
        }
        guard let books, let isDone, isSure else {
            let later = ModificationNews.Event.stillUnknown(asBefore: false, lookAgainIn: .zero)
            return try await desk.orders.note([ModificationNews(change, later)])
        }
        try await desk.orders.apply([books])
        let evidence = isDone ? ModificationEvidence.changed : .asBefore
        let isAlive = [.open, .partlyFilled].contains(books.report.status)
        let event = isAlive ? ModificationNews.Event.shown(evidence) : .orderEnded(evidence)
        try await desk.orders.note([ModificationNews(change, event)])
    }

    func sweep(_ chance: inout FuzzRandom) async throws {
        let kind = chance.pick([DueKind.live, .doubt, .forgotten, .cancel, .modification])
        let jobs = try await desk.orders.due(kind, limit: 5)
        let tasks = with { hands in
            switch kind {
            case .live: break
            case .doubt: hands.claimed += jobs
            case .forgotten: hands.ready += jobs
            case .cancel: hands.cancels += jobs
            case .modification: hands.changing += jobs.map(\.intent)
            }
            return Array(hands.trades.keys)
        }
        _ = try await desk.trades.complete(tasks)
    }
}

extension StoryWorld.Hands {
    /// What the broker says to the wish to cancel an order.
    fileprivate mutating func cancel(_ job: OrderJob, _ roll: Int, isHeard: Bool) -> CancelOutcome {
        let answer: CancelAnswer
        // Of some orders a broker never takes it.
        switch job.intent.raw.isMultiple(of: 4) ? 6 : roll {
        case 0...5: answer = .taken
        case 6:
            let books = broker.books(job.intent)
            cancels.append(job)
            return CancelOutcome(job: job, answer: .refused("not now"), booked: books)
        case 7: answer = .unanswered("timeout")
        case 8: return CancelOutcome(job: job, answer: .limited(.seconds(1)))
        default: return CancelOutcome(job: job, answer: .noRoom(.zero))
        }
        if isHeard { broker.end(job.intent, as: .cancelled) }
        let books = answer == .taken ? broker.books(job.intent) : nil
        return CancelOutcome(job: job, answer: answer, booked: books)
    }

    /// What the broker says to a change, and whether it does it.
    fileprivate mutating func send(_ change: OpenModification, _ number: Int, _ roll: Int)
        -> ModificationAnswer
    {
        let isDone = roll < 6 && broker.change(change.job.intent, to: change.wanted)
        changes[change.name(number)] = isDone
        return switch roll {
        case 0...3: isDone ? .taken : .refused(.brokerRefused, words: "too late")
        case 4...7: .unanswered(cause: "timeout", words: nil)
        case 8: .refused(.brokerRefused, words: "no")
        default: .notSent("no route")
        }
    }
}

extension OpenModification {
    /// Names one try to send it.
    fileprivate func name(_ number: Int) -> String { "\(id) \(number)" }
}
