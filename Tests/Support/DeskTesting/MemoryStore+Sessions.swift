package import Desk
package import Trading

extension MemoryStore: SessionStore {
    package func sessionsToCheck(
        at brokers: [BrokerName],
        since morning: Timestamp,
        limit: Int
    ) async throws(StoreFailure) -> [SessionToCheck] {
        let now = clock.now()
        return try transact("sessionsToCheck") { state in
            let due = state.accounts.values.filter { row in
                row.account.status == .connected && brokers.contains(row.account.broker)
                    && state.clients[row.account.client]?.client.status == .active
                    && Self.isDue(row, since: morning, at: now)
            }
            return due.sorted { $0.account.id < $1.account.id }.prefix(limit).map(\.toCheck)
        }
    }

    private static func isDue(_ row: MemoryAccount, since morning: Timestamp, at now: Timestamp)
        -> Bool
    {
        guard let check = row.check else { return true }
        let isOver = row.account.sessionEnds.map { $0 <= now && check.at < $0 } ?? false
        let isSilent =
            (check.result == .unreachable || row.account.egressStanding == .notRegistered)
            && check.at.duration(to: now) > .seconds(300)
        let isInDoubt = row.renewalFailure.map { $0.at > check.at } ?? false
        return check.at < morning || isOver || isSilent || isInDoubt
    }

    package func noteChecks(_ checks: [CheckedSession]) async throws(StoreFailure) {
        let now = clock.now()
        try transact("noteChecks") { state in
            for check in checks {
                guard let row = state.accounts[check.account], row.stamp == check.stamp else {
                    continue
                }
                state.accounts[check.account]?.check = (check.result, check.words, now)
                let old = row.account
                state.accounts[check.account]?.account = old.changed(
                    sessionEnds: check.ends ?? old.sessionEnds,
                    egressStanding: check.addresses?.standing ?? old.egressStanding
                )
                if let addresses = check.addresses {
                    state.accounts[check.account]?.egressWords = addresses.words
                }
            }
        }
    }

    package func sessionsToRenew(_ query: RenewalQuery) async throws(StoreFailure)
        -> [SessionToCheck]
    {
        let now = clock.now()
        return try transact("sessionsToRenew") { state in
            let due = state.accounts.values.filter { row in
                let ends = row.account.sessionEnds
                let isInTime = ends.map { $0 > now } ?? (query.endBefore == nil)
                let isSoon = query.endBefore.map { limit in ends.map { $0 < limit } ?? false }
                let rests = row.renewalFailure.map { $0.at.duration(to: now) <= .seconds(300) }
                return row.account.status == .connected && row.isRenewable && isInTime
                    && isSoon ?? true && query.brokers.contains(row.account.broker)
                    && state.clients[row.account.client]?.client.status == .active
                    && query.account.map { $0 == row.account.id } ?? !(rests ?? false)
            }
            return due.sorted { $0.account.id < $1.account.id }.prefix(query.limit)
                .map(\.toCheck)
        }
    }

    package func keepRenewed(_ session: RenewedSession, by actor: Actor) async throws(StoreFailure)
        -> Bool
    {
        try transact("keepRenewed") { state in
            guard let id = session.old.account, var row = state.accounts[id],
                row.account.status != .disconnected, row.token == session.old.token
            else { return false }
            row.token = session.token
            row.check = nil
            row.renewalFailure = nil
            row.account = row.account.changed(
                status: .connected,
                sessionEnds: session.ends,
                egressStanding: row.account.egressStanding
            )
            state.accounts[id] = row
            return true
        }
    }

    package func noteRenewalFailure(_ failure: FailedRenewal) async throws(StoreFailure) {
        let now = clock.now()
        try transact("noteRenewalFailure") { state in
            guard let row = state.accounts[failure.account], row.stamp == failure.stamp else {
                return
            }
            let words = "not renewed: " + failure.words
            state.accounts[failure.account]?.renewalFailure = (words, now)
            if failure.isFinal { state.accounts[failure.account]?.isRenewable = false }
        }
    }

    package func readiness(_ query: ReadinessQuery) async throws(StoreFailure) -> Readiness {
        try transact("readiness") { state in
            let all = state.accounts.values.sorted { $0.account.id < $1.account.id }
                .compactMap { row -> Readiness.Row? in
                    guard row.account.status != .disconnected,
                        let client = state.clients[row.account.client]?.client,
                        client.status == .active,
                        query.trader.map({ $0 == client.trader }) ?? true,
                        query.broker.map({ $0 == row.account.broker }) ?? true
                    else { return nil }
                    return Self.row(row, client, query)
                }
            var counts: [Readiness.Count] = []
            for broker in BrokerName.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
                for word in SessionState.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
                    let number = all.count { $0.broker == broker && $0.state == word }
                    guard number > 0 else { continue }
                    counts.append(.init(broker: broker, state: word, accounts: number))
                }
            }
            let page = all.filter { row in
                (query.state.map { $0 == row.state } ?? (row.state != .ready))
                    && query.after.map { row.account > $0 } ?? true
            }
            return Readiness(counts: counts, rows: Array(page.prefix(query.limit)))
        }
    }

    private static func row(_ row: MemoryAccount, _ client: Client, _ query: ReadinessQuery)
        -> Readiness.Row
    {
        Readiness.Row(
            account: row.account.id,
            client: client.id,
            code: client.code,
            name: client.name,
            broker: row.account.broker,
            brokerClientID: row.account.brokerClientID,
            state: SessionState(
                isExpired: row.account.status == .expired,
                ends: row.account.sessionEnds,
                check: row.check?.result,
                lacksEgress: query.requiresEgress && row.account.egress == nil,
                standing: row.account.egressStanding,
                now: query.now,
                close: query.close
            ),
            words: row.check.flatMap { $0.result == .good ? nil : $0.words }
                ?? (row.account.egressStanding == .notRegistered ? row.egressWords : nil)
                    ?? row.renewalFailure?.words,
            ends: row.account.sessionEnds,
            checkedAt: row.check?.at
        )
    }
}

extension MemoryAccount {
    fileprivate var stamp: [UInt8] { Array(token.reveal().utf8) }

    fileprivate var toCheck: SessionToCheck {
        SessionToCheck(
            broker: account.broker,
            session: BrokerSession(
                account: account.id,
                brokerClientID: account.brokerClientID,
                token: token,
                egress: account.egress,
                instrument: nil
            ),
            ends: account.sessionEnds,
            stamp: stamp
        )
    }
}

extension BrokerAccount {
    /// The same account with another status, end or standing.
    func changed(
        status: BrokerAccount.Status? = nil,
        sessionEnds: Timestamp?,
        egressStanding: EgressStanding
    ) -> BrokerAccount {
        BrokerAccount(
            id: id,
            client: client,
            broker: broker,
            brokerClientID: brokerClientID,
            status: status ?? self.status,
            sessionEnds: sessionEnds,
            egress: egress,
            egressStanding: egressStanding
        )
    }
}
