import Trading

extension AskBroker {
    /// What became of a session that was to end.
    package enum LoggedOut: String, Sendable, CaseIterable {
        /// The broker has ended it.
        case ended
        /// It was over.
        case wasOver = "was_over"
        /// The broker's API has no such call: it lives there until its time is over, and nobody here has
        /// its token any more.
        case notOffered = "not_offered"
    }

    /// Ends an account's session: at the broker first, then its token is forgotten.
    ///
    /// Where the broker does not answer the token is kept, since without it nobody could ask again.
    package func logOut(_ action: BrokerAction, by actor: Actor) async throws -> LoggedOut {
        let account = action.account
        let session = try await accounts.session(account.id)
        guard let broker = brokers[account.broker] else { throw Failure.notOffered }
        let outcome: LoggedOut
        if session == nil {
            outcome = .wasOver
        } else if broker.services.sessionEnd == nil {
            outcome = .notOffered
        } else {
            outcome = try await end(action, by: actor)
        }
        try await accounts.forgetToken(session?.token, of: account.id, by: actor)
        return outcome
    }

    private func end(_ action: BrokerAction, by actor: Actor) async throws -> LoggedOut {
        do {
            try await change(action, by: actor, { $0.sessionEnd }) {
                service,
                session throws(BrokerFailure) in
                try await service.end(session)
            }
            return .ended
        } catch Failure.broker(.sessionEnded), Failure.noSession {
            return .wasOver
        }
    }
}
