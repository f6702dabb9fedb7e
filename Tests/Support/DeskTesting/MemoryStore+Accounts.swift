package import Desk
package import Trading

extension MemoryStore: AccountStore {
    package func createClient(_ draft: ClientDraft, by actor: Actor) async throws(StoreFailure)
        -> Client?
    {
        let now = clock.now()
        return try transact("createClient") { state in
            state.add(draft, now: now).flatMap { state.clients[$0]?.client }
        }
    }

    package func updateClient(_ id: ClientID, _ change: ClientChange, by actor: Actor)
        async throws(StoreFailure) -> ClientUpdate
    {
        let now = clock.now()
        return try transact("updateClient") { state in
            guard var row = state.clients[id] else { return .notFound }
            let old = row.client
            let capital = change.capital ?? old.capital
            if capital > old.capital {
                _ = row.funds.deposit(capital - old.capital)
            } else if capital < old.capital, row.funds.withdraw(old.capital - capital) == nil {
                return .notEnoughFreeCash
            }
            row.client = Client(
                id: id,
                trader: old.trader,
                code: old.code,
                name: change.name ?? old.name,
                email: change.email ?? old.email,
                status: change.status ?? old.status,
                capital: capital,
                part: change.part ?? old.part
            )
            row.groups = change.groups ?? row.groups
            if let mayTrade = change.mayTrade {
                if mayTrade {
                    state.tradingClients.insert(id)
                } else {
                    state.tradingClients.remove(id)
                }
            }
            row.updatedAt = now
            state.clients[id] = row
            return state.details(id).map(ClientUpdate.changed) ?? .notFound
        }
    }

    package func client(_ id: ClientID) async throws(StoreFailure) -> ClientDetails? {
        try transact("client") { $0.details(id) }
    }

    package func clients(_ query: ClientQuery) async throws(StoreFailure) -> [ClientDetails] {
        try transact("clients") { state in
            let text = query.text?.lowercased()
            let found = state.clients.values.filter { row in
                let words = [row.client.code, row.client.name, row.client.email ?? ""]
                return query.trader.map { row.client.trader == $0 } != false
                    && query.status.map { row.client.status == $0 } != false
                    && query.group.map { row.groups.contains($0) } != false
                    && query.after.map { row.client.id > $0 } != false
                    && text.map { text in words.contains { $0.lowercased().contains(text) } }
                        != false
            }
            let page = found.map(\.client.id).sorted().prefix(query.limit)
            return page.compactMap { state.details($0) }
        }
    }

    package func importClients(_ drafts: [ClientImport], by actor: Actor)
        async throws(StoreFailure) -> [ClientID?]
    {
        let now = clock.now()
        return try transact("importClients") { state in
            var codes = state.codes()
            var taken = state.brokerClientIDs()
            return drafts.map { item -> ClientID? in
                let code = "\(item.draft.trader) \(item.draft.code)"
                let account = item.broker.map { "\($0) \(item.brokerClientID ?? "")" }
                guard !codes.contains(code), account.map({ !taken.contains($0) }) ?? true else {
                    return nil
                }
                codes.insert(code)
                if let account { taken.insert(account) }
                let id = state.addUnchecked(item.draft, now: now)
                if let broker = item.broker, let token = item.token {
                    state.connect(
                        AccountDraft(
                            client: id,
                            broker: broker,
                            brokerClientID: item.brokerClientID ?? "",
                            token: token,
                            sessionEnds: item.sessionEnds,
                            egress: nil
                        )
                    )
                }
                return id
            }
        }
    }

    package func connect(_ draft: AccountDraft, by actor: Actor) async throws(StoreFailure)
        -> BrokerAccount?
    {
        try transact("connect") { state in
            let known = state.accounts.values.first {
                $0.account.broker == draft.broker
                    && $0.account.brokerClientID == draft.brokerClientID
            }
            guard known.map({ $0.account.client == draft.client }) ?? true else { return nil }
            return state.connect(draft, over: known?.account.id)
        }
    }

    package func disconnect(_ account: AccountID, of client: ClientID, by actor: Actor)
        async throws(StoreFailure) -> Bool
    {
        try transact("disconnect") { state in
            guard let known = state.accounts[account], known.account.client == client else {
                return false
            }
            state.setStatus(.disconnected, of: account)
            state.accounts[account]?.token = Secret("")
            state.forgetLogins(of: account)
            state.loginApps[account] = nil
            return true
        }
    }

    package func forgetToken(_ token: Secret?, of account: AccountID, by actor: Actor)
        async throws(StoreFailure)
    {
        try transact("forgetToken") { state in
            guard let known = state.accounts[account], token == nil || token == known.token
            else { return }
            if known.account.status == .connected { state.setStatus(.expired, of: account) }
            state.accounts[account]?.token = Secret("")
            state.forgetLogins(of: account)
        }
    }

    package func markExpired(_ sessions: [BrokerSession]) async throws(StoreFailure) {
        try transact("markExpired") { state in
            for session in sessions {
                guard let account = session.account,
                    state.accounts[account]?.token == session.token
                else { continue }
                state.setStatus(.expired, of: account)
            }
        }
    }

    package func session(_ account: AccountID) async throws(StoreFailure) -> BrokerSession? {
        let now = clock.now()
        return try transact("session") { state in
            guard state.accounts[account]?.account.isUsable(at: now) == true else { return nil }
            return state.session(of: account, for: nil)
        }
    }

    package func setHalt(_ scope: Halts.Scope, on: Bool, why: String, by actor: Actor)
        async throws(StoreFailure)
    {
        let now = clock.now()
        try transact("setHalt") { state in
            state.halts[scope] = on ? ActiveHalt(scope: scope, why: why, since: now) : nil
        }
    }

    package func halts() async throws(StoreFailure) -> [ActiveHalt] {
        try transact("halts") { state in
            state.halts.values.sorted { "\($0.scope)" < "\($1.scope)" }
        }
    }
}

extension MemoryState {
    func details(_ id: ClientID) -> ClientDetails? {
        guard let row = clients[id] else { return nil }
        return ClientDetails(
            client: row.client,
            groups: row.groups,
            funds: row.funds,
            accounts: accounts.values.map(\.account).filter { $0.client == id }
                .sorted { $0.id < $1.id },
            holdings: row.holdings.sorted { $0.key < $1.key }.compactMap { key, holding in
                instruments[key.instrument].map {
                    ClientHolding(
                        key,
                        symbol: $0.instrument.symbol,
                        holding: holding
                    )
                }
            },
            createdAt: row.createdAt,
            updatedAt: row.updatedAt,
            mayTrade: tradingClients.contains(id)
        )
    }

    /// Every code that is taken, with its trader.
    fileprivate func codes() -> Set<String> {
        Set(clients.values.map { "\($0.client.trader) \($0.client.code)" })
    }

    fileprivate func brokerClientIDs() -> Set<String> {
        Set(accounts.values.map { "\($0.account.broker) \($0.account.brokerClientID)" })
    }

    /// Nil where the trader has the code already.
    mutating func add(_ draft: ClientDraft, now: Timestamp) -> ClientID? {
        guard !codes().contains("\(draft.trader) \(draft.code)") else { return nil }
        return addUnchecked(draft, now: now)
    }

    fileprivate mutating func addUnchecked(_ draft: ClientDraft, now: Timestamp) -> ClientID {
        let id = ClientID(nextID())
        var funds = Funds()
        _ = funds.deposit(draft.capital)
        clients[id] = MemoryClient(
            client: Client(
                id: id,
                trader: draft.trader,
                code: draft.code,
                name: draft.name,
                email: draft.email,
                status: draft.status,
                capital: draft.capital,
                part: draft.part
            ),
            groups: draft.groups,
            funds: funds,
            createdAt: now,
            updatedAt: now
        )
        return id
    }

    @discardableResult
    mutating func connect(_ draft: AccountDraft, over known: AccountID? = nil) -> BrokerAccount {
        let id = known ?? AccountID(nextID())
        let account = BrokerAccount(
            id: id,
            client: draft.client,
            broker: draft.broker,
            brokerClientID: draft.brokerClientID,
            status: .connected,
            sessionEnds: draft.sessionEnds,
            egress: draft.egress
        )
        accounts[id] = MemoryAccount(
            account: account,
            token: draft.token,
            isRenewable: !draft.isLogin
        )
        return account
    }

    mutating func setStatus(_ status: BrokerAccount.Status, of id: AccountID) {
        guard let old = accounts[id]?.account else { return }
        accounts[id]?.account = old.changed(
            status: status,
            sessionEnds: old.sessionEnds,
            egressStanding: old.egressStanding
        )
    }
}
