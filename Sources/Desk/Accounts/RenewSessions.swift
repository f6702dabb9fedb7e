package import Trading

/// Has tokens renewed before they end, where a broker does that and the token is one that may be.
///
/// 1. Outside of trading hours wherever that is in time: the old token ends as the new one begins, and
///    an order that is on its way with the old one is refused.
/// 2. The new token is stored in the place of the very one that was renewed. Whoever brought another
///    one meanwhile keeps it.
/// 3. Where the broker gave none, the session is asked about at once: a lost answer may have ended it.
package struct RenewSessions: Sendable {
    private let store: any SessionStore
    private let brokers: Brokers
    private let market: MarketHours
    private let clock: any WallClock

    /// A token that ends so soon is renewed at any hour.
    package static let lastMoment: Duration = .seconds(1_800)
    /// How long before trading begins those are renewed that would not last through the day.
    private static let evening: Duration = .seconds(12 * 3_600)
    /// How long after the day's trading a token should live, so that one evening's is good to the next.
    private static let margin: Duration = .seconds(4 * 3_600)
    private static let pageSize = 200
    /// Brokers are asked in a slow stream: orders come first.
    private static let atOnce = 8

    package init(
        store: any SessionStore,
        brokers: Brokers,
        market: MarketHours,
        clock: any WallClock
    ) {
        self.store = store
        self.brokers = brokers
        self.market = market
        self.clock = clock
    }

    /// What became of one renewal.
    package enum Outcome: Sendable, Equatable {
        /// Until when the new session is good; nil where nobody knows.
        case renewed(until: Timestamp?)
        /// Another token had been stored before the new one came.
        case overtaken
        case failed(BrokerFailure)
    }

    /// Renews all that are due now.
    ///
    /// - Returns: how many were renewed, and how many were not.
    package func callAsFunction() async throws -> (renewed: Int, failed: Int) {
        let able = brokers.names.filter { brokers[$0]?.services.renewal != nil }
        guard !able.isEmpty else { return (0, 0) }
        let due = try await store.sessionsToRenew(
            RenewalQuery(
                brokers: able,
                account: nil,
                endBefore: Self.limit(at: clock.now(), market),
                limit: Self.pageSize
            )
        )
        return try await withThrowingTaskGroup(of: Outcome.self) { group in
            var counts = (renewed: 0, failed: 0)
            for (place, session) in due.enumerated() {
                if place >= Self.atOnce, let outcome = try await group.next() {
                    outcome.count(in: &counts)
                }
                group.addTask { try await renew(session, by: Actor(user: nil)) }
            }
            while let outcome = try await group.next() { outcome.count(in: &counts) }
            return counts
        }
    }

    /// Renews one account's token now, since somebody asks for it.
    ///
    /// - Returns: nil where the account has no token that may be renewed.
    package func now(_ account: BrokerAccount, by actor: Actor) async throws -> Outcome? {
        guard brokers[account.broker]?.services.renewal != nil else { return nil }
        let found = try await store.sessionsToRenew(
            RenewalQuery(brokers: [account.broker], account: account.id, endBefore: nil, limit: 1)
        )
        guard let session = found.first else { return nil }
        return try await renew(session, by: actor)
    }

    /// Sessions that end before this moment are to be renewed now.
    package static func limit(at now: Timestamp, _ market: MarketHours) -> Timestamp {
        let soon = now.advanced(by: lastMoment)
        guard let close = market.nextClose(after: now), !market.isOpen(at: now),
            now.duration(to: MarketCalendar.nextOpening(after: now)) <= evening
        else { return soon }
        return max(soon, close.advanced(by: margin))
    }

    private func renew(_ due: SessionToCheck, by actor: Actor) async throws -> Outcome {
        guard let account = due.session.account, let broker = brokers[due.broker],
            let service = broker.services.renewal
        else { return .overtaken }
        switch await ask(service, due.session) {
        case .success(let session):
            let latest = market.end(of: broker.traits.sessionLife, from: clock.now())
            let ends = [session.ends, latest].compactMap(\.self).min()
            let renewed = RenewedSession(from: due.session, token: session.token, ends: ends)
            // A token that was just made must not be lost because somebody wants this process to end.
            let isKept = try await Task { [store] in
                try await store.keepRenewed(renewed, by: actor)
            }
            .value
            return isKept ? .renewed(until: ends) : .overtaken
        case .failure(let failure):
            var isFinal = false
            if case .refused = failure { isFinal = true }
            try await store.noteRenewalFailure(
                FailedRenewal(
                    account: account,
                    stamp: due.stamp,
                    words: failure.words,
                    isFinal: isFinal
                )
            )
            return .failed(failure)
        }
    }

    private func ask(_ service: any SessionRenewal, _ session: BrokerSession) async
        -> Result<NewSession, BrokerFailure>
    {
        do throws(BrokerFailure) {
            let new = try await service.renew(session)
            guard new.owners.contains(session.brokerClientID) else {
                throw .unreachable("a token of another client")
            }
            return .success(new)
        } catch {
            return .failure(error)
        }
    }
}

extension RenewSessions.Outcome {
    fileprivate func count(in counts: inout (renewed: Int, failed: Int)) {
        switch self {
        case .renewed: counts.renewed += 1
        case .failed: counts.failed += 1
        case .overtaken: break
        }
    }
}
