package import Desk
package import Trading

extension MemoryStore: LiveAccountStore {
    package func liveAccounts(at brokers: [BrokerName], resting rest: Duration, limit: Int)
        async throws(StoreFailure) -> [LiveAccount]
    {
        let now = clock.now()
        return try transact("liveAccounts") { state in
            let rows = state.intents.values.filter {
                $0.state.isLive && brokers.contains($0.broker)
                    && $0.updatedAt.duration(to: now) >= rest
            }
            return Set(rows.compactMap(\.account)).sorted().prefix(limit).compactMap { id in
                guard let account = state.accounts[id]?.account, account.status != .expired,
                    let session = state.session(of: id, for: nil)
                else { return nil }
                return LiveAccount(account: id, broker: account.broker, session: session)
            }
        }
    }

    package func liveJobs(of accounts: [AccountID]) async throws(StoreFailure) -> [OrderJob] {
        try transact("liveJobs") { state in
            state.intents.values
                .filter { row in
                    row.state.isLive && row.account.map { accounts.contains($0) } == true
                }
                .map(\.job).sorted { $0.intent < $1.intent }
        }
    }
}
