import Trading

/// Asks what is the same for all, such as a price, through one of a trader's sessions.
///
/// Several are tried, since one session's data plan or allowance may be used up, and a broker that
/// does not answer must not hold the trades of the others.
package struct AskSessions: Sendable {
    let sessions: any QuoteSessions
    let brokers: Brokers
    /// Counts the calls within what each account may ask; nil: nobody counts.
    let pacer: (any Pacer)?
    /// How long one session may take before another is asked beside it.
    let patience: Duration

    package init(
        sessions: any QuoteSessions,
        brokers: Brokers,
        pacer: (any Pacer)? = nil,
        patience: Duration = .milliseconds(300)
    ) {
        self.sessions = sessions
        self.brokers = brokers
        self.pacer = pacer
        self.patience = patience
    }

    /// Why nobody told it.
    package enum Untold: Error, Sendable, Equatable {
        /// No session of the trader's is connected at a broker that lists the instrument.
        case noSession
        /// Those who were asked did not tell; the last of them said this.
        case failed(BrokerFailure)
        /// It took too long.
        case timeUp
    }

    /// The first answer, for at most so long; nil: as long as the calls take.
    func callAsFunction<Answer: Sendable>(
        _ instrument: InstrumentID,
        for trader: TraderID,
        within limit: Duration? = nil,
        _ ask:
            @escaping @Sendable (any Broker, BrokerInstrument, BrokerSession)
            async throws(BrokerFailure) -> Answer
    ) async -> Result<Answer, Untold> {
        let doors = try? await sessions.quoteSessions(trader, instrument: instrument, limit: 3)
        var questions = (doors ?? []).compactMap { name, session -> Question? in
            guard let broker = brokers[name], let listed = session.instrument else { return nil }
            return Question(broker: broker, listed: listed, session: session)
        }[...]
        return await withTaskGroup(of: Event<Answer>.self) { group in
            var open = 0
            var untold = Untold.noSession
            func askNext() {
                guard let question = questions.popFirst() else { return }
                open += 1
                group.addTask { .answer(await answer(to: question, ask)) }
                guard !questions.isEmpty else { return }
                group.addTask { [patience] in
                    try? await Task.sleep(for: patience)
                    return .silence
                }
            }
            askNext()
            if let limit, open > 0 {
                group.addTask {
                    try? await Task.sleep(for: limit)
                    return .timeUp
                }
            }
            while open > 0, let event = await group.next() {
                switch event {
                case .answer(.success(let answer)):
                    group.cancelAll()
                    return .success(answer)
                case .answer(.failure(let failure)):
                    untold = .failed(failure)
                    open -= 1
                    askNext()
                case .silence: askNext()
                case .timeUp:
                    group.cancelAll()
                    return .failure(.timeUp)
                }
            }
            group.cancelAll()
            return .failure(untold)
        }
    }

    private enum Event<Answer: Sendable>: Sendable {
        case answer(Result<Answer, BrokerFailure>)
        case silence
        case timeUp
    }

    /// One session to be asked.
    private struct Question: Sendable {
        let broker: any Broker
        let listed: BrokerInstrument
        let session: BrokerSession
    }

    private func answer<Answer: Sendable>(
        to question: Question,
        _ ask: (any Broker, BrokerInstrument, BrokerSession) async throws(BrokerFailure) -> Answer
    ) async -> Result<Answer, BrokerFailure> {
        do throws(BrokerFailure) {
            try await count(question.session, question.broker.traits)
            return .success(try await ask(question.broker, question.listed, question.session))
        } catch {
            return .failure(error)
        }
    }

    /// Where this account may not, another one may.
    private func count(_ session: BrokerSession, _ traits: BrokerTraits)
        async throws(BrokerFailure)
    {
        guard let pacer, let account = session.account else { return }
        let request = PaceRequest(
            account: account,
            broker: traits.name,
            limits: traits.quoteLimits,
            purpose: .read
        )
        guard case .after(let delay)? = await pacer.take([request]).first else { return }
        throw .limited(retryAfter: delay)
    }
}
