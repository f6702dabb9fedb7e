package import Desk
package import Trading

extension MemoryStore {
    package func doubts(_ intents: [IntentID]) async throws(StoreFailure) -> [Doubt] {
        let now = clock.now()
        return try transact("doubts") { state in
            for id in intents {
                state.change(id, now: now) { _, row in
                    guard row.state == .sending, let end = row.leaseEnds else { return }
                    guard end <= now else {
                        row.dueAt = end.advanced(by: .seconds(1))
                        return
                    }
                    // Whoever still sends comes too late to write.
                    row.fence += 1
                    row.apply(.unanswered)
                    row.reason = .outcomeUnknown
                    row.unknownSince = end
                    row.dueAt = now.advanced(by: .seconds(2))
                }
            }
            return intents.compactMap { state.doubt($0) }
        }
    }

    package func resolve(_ findings: [DoubtFinding]) async throws(StoreFailure) {
        let now = clock.now()
        try transact("resolve") { state in
            for finding in findings {
                state.change(finding.doubt.job.intent, now: now) { state, row in
                    guard row.state == .unknown, row.reference == finding.doubt.reference else {
                        return
                    }
                    row.looks += 1
                    row.lookedAt = now
                    row.lastAnswer = finding.answer
                    switch finding.result {
                    case .found(let report):
                        // No more than that it is there: the look that follows brings its fills.
                        row.apply(.accepted)
                        row.brokerOrderID = report.brokerOrderID
                        row.reason = nil
                        row.note = nil
                        row.dueAt = now
                    case .absentProven(let next):
                        state.bury(&row, next)
                        row.dueAt = next == .resend ? now : nil
                    case .stillUnknown(let delay):
                        row.absences += finding.sawWholeBook ? 1 : 0
                        row.dueAt = now.advanced(by: delay)
                    }
                }
            }
        }
    }
}

extension MemoryStore: DoubtStore {
    package func unknownOrders(_ query: UnknownQuery) async throws(StoreFailure)
        -> [UnknownOrder]
    {
        try transact("unknownOrders") { state in
            let found = state.unknownOrders { row in
                query.after.map { row.id > $0 } != false
                    && query.trader.map { state.clients[row.client]?.client.trader == $0 } != false
            }
            return Array(found.prefix(query.limit))
        }
    }

    package func unknownCounts() async throws(StoreFailure) -> [UnknownCount] {
        try transact("unknownCounts") { state in
            Dictionary(grouping: state.unknownOrders { _ in true }, by: \.job.broker)
                .map { broker, orders in
                    UnknownCount(
                        broker: broker,
                        count: orders.count,
                        oldest: orders.map(\.doubt.since).min() ?? Timestamp(microseconds: 0)
                    )
                }
        }
    }

    package func takeAlerts(age: Duration, limit: Int) async throws(StoreFailure)
        -> [UnknownOrder]
    {
        let latest = clock.now().advanced(by: .zero - age)
        return try transact("takeAlerts") { state in
            let found = state.unknownOrders { row in
                !row.isAlerted && (row.looks > 0 || row.unknownSince.map { $0 <= latest } == true)
            }
            let taken = Array(found.prefix(limit))
            for order in taken { state.intents[order.job.intent]?.isAlerted = true }
            return taken
        }
    }

    package func lookNow() async throws(StoreFailure) -> Int {
        let now = clock.now()
        return try transact("lookNow") { state in
            let found = state.unknownOrders { _ in true }
            for order in found { state.intents[order.job.intent]?.dueAt = now }
            return found.count
        }
    }

    package func decide(_ decision: OrderDecision, by actor: Actor) async throws(StoreFailure)
        -> DecisionOutcome
    {
        let now = clock.now()
        return try transact("decide") { state in
            guard var row = state.intents[decision.intent] else { return .notFound }
            if decision.verdict == .ended {
                guard row.state.isLive, row.reason == .fillsUntold else {
                    return .notUnknown(row.state)
                }
                row.apply(.reported(.expired, filled: row.filled))
                row.reason = .dayEnded
                row.note = decision.reason
                row.dueAt = nil
                state.release(&row)
                state.intents[row.id] = row
                return .decided(row.state, row.job)
            }
            guard row.state == .unknown else { return .notUnknown(row.state) }
            switch decision.verdict {
            case .placed(let brokerOrderID):
                row.apply(.accepted)
                row.brokerOrderID = brokerOrderID
                row.reason = nil
            case .notPlaced:
                row.apply(.decidedNotPlaced)
                row.reason = .decidedNotPlaced
                row.note = decision.reason
                row.deadReferences.append(row.reference)
                state.release(&row)
            case .ended: break
            }
            row.dueAt = now
            row.updatedAt = now
            row.followWish(now: now)
            state.intents[row.id] = row
            return .decided(row.state, row.job)
        }
    }
}

extension MemoryIntent {
    /// What is known of it while it is UNKNOWN.
    var doubtRecord: DoubtRecord? {
        guard state == .unknown, let unknownSince else { return nil }
        return DoubtRecord(
            attempt: attempts,
            reference: reference,
            since: unknownSince,
            outcome: outcome,
            brokerWords: brokerWords,
            looks: looks,
            absences: absences,
            lookedAt: lookedAt,
            lastAnswer: lastAnswer
        )
    }

    /// A new attempt is in no doubt yet.
    mutating func forgetDoubt() {
        (looks, absences, isAlerted, isClaimed) = (0, 0, false, false)
        (unknownSince, outcome, brokerWords, lookedAt, lastAnswer) = (nil, nil, nil, nil, nil)
    }
}

extension MemoryState {
    /// Nothing was placed: what was held is free, and the order ends or is READY anew.
    fileprivate mutating func bury(_ row: inout MemoryIntent, _ next: DoubtFinding.AfterAbsence) {
        row.deadReferences.append(row.reference)
        switch next {
        case .resend:
            row.apply(.retryAllowed)
            row.reason = nil
            row.quantity = .zero
            row.sizingPrice = nil
        case .end(let reason):
            row.apply(.provenNotPlaced)
            row.reason = reason
        }
        release(&row)
    }

    fileprivate func doubt(_ id: IntentID) -> Doubt? {
        guard let row = intents[id], row.state == .unknown, let sentAt = row.unknownSince,
            let terms = trades[row.task]?.trade.terms,
            let session = session(of: row.account, for: terms.instrument.id)
        else { return nil }
        return Doubt(
            job: row.job,
            attempt: row.attempts,
            reference: row.reference,
            sentAt: sentAt,
            brokerWords: row.brokerWords,
            looks: row.looks,
            absences: row.absences,
            isClaimed: row.isClaimed,
            terms: terms,
            quantity: row.quantity,
            sizingPrice: row.sizingPrice ?? Price(raw: 1),
            session: session
        )
    }

    fileprivate func unknownOrders(where isMeant: (MemoryIntent) -> Bool) -> [UnknownOrder] {
        intents.values.filter { isMeant($0) }.sorted { $0.id < $1.id }.compactMap { row in
            guard let doubt = row.doubtRecord, let terms = trades[row.task]?.trade.terms,
                let client = clients[row.client]?.client
            else { return nil }
            return UnknownOrder(
                job: row.job,
                client: row.client,
                clientCode: client.code,
                brokerClientID: row.account.flatMap { accounts[$0]?.account.brokerClientID },
                symbol: terms.instrument.symbol,
                side: terms.side,
                quantity: row.quantity,
                held: row.held,
                doubt: doubt
            )
        }
    }
}
