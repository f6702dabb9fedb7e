package import Desk
package import Trading

extension MemoryStore: LoginLinkStore {
    package func noteLink(_ link: LoginLink, by actor: Actor) async throws(StoreFailure) {
        try transact("noteLink") { $0.links.append(link) }
    }

    package func useLink(_ mark: [UInt8], of account: AccountID, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?
    {
        let now = clock.now()
        return try transact("useLink") { state in
            state.use(at: broker, now: now) { $0.mark == mark && $0.account == account }
        }
    }

    package func useLinks(ofNumber brokerClientID: String, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?
    {
        let now = clock.now()
        return try transact("useLinks") { state in
            let owner = state.accounts.values.first {
                $0.account.broker == broker && $0.account.brokerClientID == brokerClientID
            }
            return state.use(at: broker, now: now) { $0.account == owner?.account.id }
        }
    }

    package func hasOpenLinks(at broker: BrokerName) async throws(StoreFailure) -> Bool {
        let now = clock.now()
        return try transact("hasOpenLinks") { state in
            state.links.contains {
                $0.ends > now && state.accounts[$0.account]?.account.broker == broker
            }
        }
    }
}

extension MemoryState {
    /// Makes useless whatever could bring a session of the account.
    mutating func forgetLogins(of account: AccountID) {
        links.removeAll { $0.account == account }
        loginRequests.removeAll { $0.request.account == account }
    }

    /// Removes the open links that are meant, all of one account; gives it.
    fileprivate mutating func use(
        at broker: BrokerName,
        now: Timestamp,
        _ isMeant: (LoginLink) -> Bool
    ) -> BrokerAccount? {
        guard let link = links.first(where: { isMeant($0) && $0.ends > now }),
            let account = accounts[link.account]?.account, account.broker == broker,
            clients[account.client]?.client.status != .archived
        else { return nil }
        links.removeAll(where: isMeant)
        return account
    }
}
