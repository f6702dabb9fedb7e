package import Trading

/// Asks the brokers about the sessions of the day, so that whoever must log in is known before the
/// market opens and not by a refused order.
///
/// Every connected account is asked once a day, in the morning, and once after each new token, in a
/// slow stream: orders come first. What ended is marked, as if an order had found it out.
package struct CheckSessions: Sendable {
    let store: any SessionStore
    let accounts: any AccountStore
    let brokers: Brokers
    let market: MarketHours
    let clock: any WallClock
    let pace: ReconcilePace
    private static let pageSize = 200

    package init(
        store: any SessionStore,
        accounts: any AccountStore,
        brokers: Brokers,
        market: MarketHours,
        clock: any WallClock,
        pace: ReconcilePace = ReconcilePace()
    ) {
        self.store = store
        self.accounts = accounts
        self.brokers = brokers
        self.market = market
        self.clock = clock
        self.pace = pace
    }

    /// Asks about all that are due now.
    ///
    /// - Returns: how many sessions came to which result.
    package func callAsFunction() async throws -> [SessionCheckResult: Int] {
        var results: [SessionCheckResult: Int] = [:]
        let able = brokers.names.filter {
            brokers[$0]?.traits.abilities.contains(.sessionCheck) == true
        }
        var asked: Set<AccountID> = []
        while true {
            let due = try await store.sessionsToCheck(
                at: able,
                since: Self.morning(before: clock.now()),
                limit: Self.pageSize
            )
            // Whoever comes again in one pass waits for the next.
            let news = due.count { $0.session.account.map { asked.insert($0).inserted } ?? false }
            guard news > 0 else { return results }
            let checked = try await ask(due)
            let ended = checked.filter { $0.said.result == .ended }.map(\.session)
            if !ended.isEmpty { try await accounts.markExpired(ended) }
            try await store.noteChecks(checked.map(\.said))
            for check in checked { results[check.said.result, default: 0] += 1 }
        }
    }

    /// 08:30 in India, the last one: sessions are made in the morning, and the market opens at 09:15.
    package static func morning(before now: Timestamp) -> Timestamp {
        let today = CalendarDay(containing: now)
        let morning = today.time(8, 30)
        return morning <= now ? morning : today.advanced(by: -1).time(8, 30)
    }

    private typealias Checked = (session: BrokerSession, said: CheckedSession)

    private func ask(_ due: [SessionToCheck]) async throws -> [Checked] {
        try await withThrowingTaskGroup(of: Checked?.self) { group in
            var checked: [Checked] = []
            for (place, one) in due.enumerated() {
                if place >= pace.atOnce, let answer = try await group.next() ?? nil {
                    checked.append(answer)
                }
                group.addTask {
                    let said = await check(one)
                    try await clock.sleep(for: pace.pause)
                    return said.map { (one.session, $0) }
                }
            }
            while let answer = try await group.next() {
                if let answer { checked.append(answer) }
            }
            return checked
        }
    }

    private func check(_ due: SessionToCheck) async -> CheckedSession? {
        guard let account = due.session.account, let broker = brokers[due.broker] else {
            return nil
        }
        let result: SessionCheckResult
        var words: String?
        var ends: Timestamp?
        var addresses: CheckedSession.Addresses?
        do throws(BrokerFailure) {
            let check = try await broker.check(due.session)
            result = .good
            ends = check.ends ?? renewed(due, broker.traits)
            addresses = await standing(due.session, at: broker)
        } catch {
            words = error.words
            switch error {
            case .sessionEnded: result = .ended
            case .refused: result = .refused
            case .limited, .unreachable: result = .unreachable
            }
        }
        return CheckedSession(
            account: account,
            stamp: due.stamp,
            result: result,
            words: words,
            ends: ends,
            addresses: addresses
        )
    }

    /// How the account's way out stands at its broker; nil where the broker does not say now.
    private func standing(_ session: BrokerSession, at broker: any Broker) async
        -> CheckedSession.Addresses?
    {
        guard session.egress != nil, let source = broker.services.addresses,
            let list = try? await source.addresses(session)
        else { return nil }
        return list.standing(of: session)
    }

    /// The end of a good session of which nobody knows one, or that lives on past it.
    private func renewed(_ due: SessionToCheck, _ traits: BrokerTraits) -> Timestamp? {
        let now = clock.now()
        guard let known = due.ends else { return market.end(of: traits.sessionLife, from: now) }
        guard known <= now else { return nil }
        return market.end(of: traits.sessionLife, from: now) ?? SessionLife.hours(24).end(of: now)
    }
}
