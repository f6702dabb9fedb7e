package import Trading

/// Brings a client's session from the broker's login to the account.
///
/// 1. A link is used up before anything is exchanged: of two browsers with it one gets on.
/// 2. A token is stored for the account whose number the broker names, and for no other.
/// 3. Nothing is tried a second time; whoever fails logs in anew.
/// 4. An account with an own app is logged in by that app and by no other, from the link to the token.
package struct LogInAtBroker: Sendable {
    /// How long a link is good for.
    package static let linkLife: Duration = .seconds(900)

    private let accounts: any AccountStore
    let links: any LoginLinkStore & LoginRequestStore
    let logins: [BrokerName: any BrokerLogin]
    let lives: [BrokerName: SessionLife]
    let market: MarketHours
    let clock: any WallClock

    /// `lives`: how long sessions live at the most, whatever a broker says.
    package init(
        accounts: any AccountStore,
        links: any LoginLinkStore & LoginRequestStore,
        logins: [BrokerName: any BrokerLogin],
        lives: [BrokerName: SessionLife],
        market: MarketHours,
        clock: any WallClock
    ) {
        self.accounts = accounts
        self.links = links
        self.logins = logins
        self.lives = lives
        self.market = market
        self.clock = clock
    }

    /// What became of a login.
    package enum Outcome: Sendable, Equatable {
        case done(BrokerAccount)
        /// The link is used, over, or of an account that is no more.
        case linkIsSpent
        /// Somebody else logged in than the account's owner; the token was not kept.
        case otherClient
        case failed(LoginFailure)
    }

    /// What a link's state says, once its signature was found right.
    package struct Ticket: Sendable, Equatable {
        package let mark: [UInt8]
        package let account: AccountID

        package init(mark: [UInt8], account: AccountID) {
            self.mark = mark
            self.account = account
        }
    }

    /// How the broker's clients log in; nil where nobody can.
    package func way(at broker: BrokerName) -> LoginWay? { logins[broker]?.way }

    /// The page that the account's owner must open.
    package func page(
        of account: BrokerAccount,
        _ link: LoginLink,
        state: String,
        by actor: Actor
    ) async throws -> String {
        guard let login = try await login(of: account) else { throw LoginFailure.wrongWay }
        let page = try await login.link(state: state, for: account.brokerClientID)
        try await links.noteLink(link, by: actor)
        return page
    }

    /// Takes what a browser came back with; `ticket` is nil where it brought no state.
    package func finish(
        at broker: BrokerName,
        _ ticket: Ticket?,
        _ proof: LoginProof,
        by actor: Actor
    ) async throws -> Outcome {
        guard let login = logins[broker], case .page(let returnsState, _) = login.way else {
            return .failed(.wrongWay)
        }
        if let ticket {
            let account = try await links.useLink(ticket.mark, of: ticket.account, at: broker)
            guard let account else { return .linkIsSpent }
            return try await logIn(to: account, proof, by: actor)
        }
        // The broker alone can tell whose login this is. It is not asked on behalf of strangers.
        guard !returnsState, try await links.hasOpenLinks(at: broker) else { return .linkIsSpent }
        switch await exchange(proof, at: login) {
        case .failure(let failure): return .failed(failure)
        case .success(let session):
            for owner in session.owners.sorted() {
                let account = try await links.useLinks(ofNumber: owner, at: broker)
                if let account { return try await store(session, of: account, by: actor) }
            }
            return .linkIsSpent
        }
    }

    /// Logs in to an account by what the caller gives.
    package func logIn(to account: BrokerAccount, _ proof: LoginProof, by actor: Actor)
        async throws -> Outcome
    {
        guard let login = try await login(of: account) else { return .failed(.wrongWay) }
        switch await exchange(proof, at: login) {
        case .failure(let failure): return .failed(failure)
        case .success(let session):
            guard session.owners.contains(account.brokerClientID) else { return .otherClient }
            return try await store(session, of: account, by: actor)
        }
    }

    /// The login of the account's own app where there is one, else that of the installation's.
    private func login(of account: BrokerAccount) async throws -> (any BrokerLogin)? {
        guard let usual = logins[account.broker] else { return nil }
        guard let apps = usual.ownApps, let own = try await links.ownApp(of: account.id) else {
            return usual
        }
        return apps.login(by: own)
    }

    private func exchange(_ proof: LoginProof, at login: any BrokerLogin)
        async -> Result<NewSession, LoginFailure>
    {
        do throws(LoginFailure) {
            return .success(try await login.session(from: proof))
        } catch {
            return .failure(error)
        }
    }

    func store(_ session: NewSession, of account: BrokerAccount, by actor: Actor)
        async throws -> Outcome
    {
        let life = lives[account.broker]
        let latest = life.flatMap { market.end(of: $0, from: clock.now()) }
        let stored = try await accounts.connect(
            AccountDraft(
                client: account.client,
                broker: account.broker,
                brokerClientID: account.brokerClientID,
                token: session.token,
                sessionEnds: [session.ends, latest].compactMap(\.self).min(),
                egress: account.egress,
                isLogin: true
            ),
            by: actor
        )
        return stored.map(Outcome.done) ?? .otherClient
    }
}
