package import Desk
package import Trading

extension MemoryStore: LoginRequestStore {
    package func keepApp(_ app: LoginOwnApp, of account: AccountID, by actor: Actor)
        async throws(StoreFailure)
    {
        try transact("keepApp") { state in
            state.loginApps[account] = app
            state.links.removeAll { $0.account == account }
        }
    }

    package func ownApp(of account: AccountID) async throws(StoreFailure) -> LoginOwnApp? {
        try transact("ownApp") { $0.loginApps[account] }
    }

    package func noteRequest(_ request: LoginRequest, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        let now = clock.now()
        return try transact("noteRequest") { state in
            let isAsked = state.loginRequests.contains {
                $0.request.account == request.account && now < $0.made.advanced(by: .seconds(60))
            }
            guard !isAsked else { return false }
            state.loginRequests.append((request, now))
            return true
        }
    }

    package func withdrawRequest(_ request: LoginRequest, why: String, by actor: Actor)
        async throws(StoreFailure)
    {
        try transact("withdrawRequest") { state in
            state.loginRequests.removeAll { $0.request.mark == request.mark }
        }
    }

    package func askedAccount(by grant: LoginGrant, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?
    {
        let now = clock.now()
        return try transact("askedAccount") { $0.open(grant, at: broker, now)?.account }
    }

    package func useRequest(by grant: LoginGrant, at broker: BrokerName)
        async throws(StoreFailure) -> BrokerAccount?
    {
        let now = clock.now()
        return try transact("useRequest") { state in
            guard let (account, mark) = state.open(grant, at: broker, now),
                !state.grantedTokens.contains(grant.token.reveal())
            else { return nil }
            state.grantedTokens.insert(grant.token.reveal())
            state.loginRequests.removeAll { $0.request.mark == mark }
            return account
        }
    }
}

extension MemoryState {
    fileprivate func open(_ grant: LoginGrant, at broker: BrokerName, _ now: Timestamp)
        -> (account: BrokerAccount, mark: [UInt8])?
    {
        for (request, _) in loginRequests where request.ends > now {
            guard request.appKey == grant.appKey, let account = accounts[request.account]?.account,
                account.broker == broker, account.brokerClientID == grant.brokerClientID,
                clients[account.client]?.client.status != .archived
            else { continue }
            return (account, request.mark)
        }
        return nil
    }
}
