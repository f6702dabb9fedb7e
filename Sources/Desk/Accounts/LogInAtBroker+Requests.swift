package import Trading

/// Sessions that clients are asked for in their broker's own app.
///
/// 1. A request is written down before the broker is asked. Where no answer comes the client may have
///    been asked, and the request stands.
/// 2. What a message brings is asked about at the broker before it uses anything up, so that nobody's
///    nonsense costs a client the request.
/// 3. A request is used once, and a token counts once.
extension LogInAtBroker {
    /// What became of asking a client.
    package enum Asked: Sendable, Equatable {
        case asked(until: Timestamp)
        /// A minute ago; the client has not answered.
        case askedBefore
        case failed(LoginFailure)
    }

    /// Whether this broker's clients can be asked.
    package func canAsk(at broker: BrokerName) -> Bool { logins[broker]?.requests != nil }

    /// Whether this broker's clients can log in by apps of their own.
    package func takesOwnApps(at broker: BrokerName) -> Bool { logins[broker]?.ownApps != nil }

    /// Keeps the client's own app; links that were made by the one before are of no use any more.
    ///
    /// - Returns: where the app must lead to, which is set at the broker.
    package func keep(_ app: LoginOwnApp, of account: BrokerAccount, by actor: Actor) async throws
        -> LoginPlaces
    {
        guard let apps = logins[account.broker]?.ownApps else { throw LoginFailure.wrongWay }
        let places = try apps.places()
        try await links.keepApp(app, of: account.id, by: actor)
        return places
    }

    /// Has the broker ask the account's owner; `mark` is new and random.
    package func ask(_ account: BrokerAccount, mark: [UInt8], by actor: Actor) async throws
        -> Asked
    {
        guard let requests = logins[account.broker]?.requests else { return .failed(.wrongWay) }
        let app: LoginOwnApp
        let own = try await links.ownApp(of: account.id)
        do throws(LoginFailure) {
            _ = try requests.notifier()
            if let own { app = own } else { app = try requests.usualApp() }
        } catch {
            return .failed(error)
        }
        let request = LoginRequest(
            mark: mark,
            account: account.id,
            appKey: app.key,
            ends: latestEnd(at: account.broker)
        )
        guard try await links.noteRequest(request, by: actor) else { return .askedBefore }
        do throws(LoginFailure) {
            let ends = try await requests.ask(app)
            return .asked(until: [ends, request.ends].compactMap(\.self).min() ?? request.ends)
        } catch {
            if case .unanswered = error { return .failed(error) }
            try await links.withdrawRequest(request, why: error.words, by: actor)
            return .failed(error)
        }
    }

    /// What was sent to the notifier, and the account that it is for; nil where it answers no request
    /// that is open.
    package func answer(in message: [UInt8], from broker: BrokerName) async throws
        -> (grant: LoginGrant, account: BrokerAccount)?
    {
        guard let grant = logins[broker]?.requests?.grant(in: message),
            let account = try await links.askedAccount(by: grant, at: broker)
        else { return nil }
        return (grant, account)
    }

    /// Takes the session of a grant, once the broker has said whose it is.
    package func take(_ grant: LoginGrant, for asked: BrokerAccount, by actor: Actor) async throws
        -> Outcome
    {
        guard let requests = logins[asked.broker]?.requests else { return .failed(.wrongWay) }
        let session: NewSession
        do throws(LoginFailure) {
            session = try await requests.session(of: grant)
        } catch {
            return .failed(error)
        }
        guard session.owners.contains(asked.brokerClientID) else { return .otherClient }
        guard let account = try await links.useRequest(by: grant, at: asked.broker) else {
            return .linkIsSpent
        }
        return try await store(session, of: account, by: actor)
    }

    /// When whatever begins now is over at the latest.
    private func latestEnd(at broker: BrokerName) -> Timestamp {
        let now = clock.now()
        let end = lives[broker].flatMap { market.end(of: $0, from: now) }
        return end ?? now.advanced(by: .seconds(86_400))
    }
}
