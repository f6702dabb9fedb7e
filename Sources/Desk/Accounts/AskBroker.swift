package import Trading

/// Asks a client's broker about the account, or to change something of it.
///
/// 1. What only reads is asked at once, through the account's session.
/// 2. A change is written to the audit log before it is asked for, with who wants it and why; then asked
///    for once; then what came of it is written. No answer is no proof: the log says that too.
/// 3. A session that the broker calls over is marked, as if an order had found it out.
package struct AskBroker: Sendable {
    /// Why there is no answer.
    package enum Failure: Error, Sendable, Equatable {
        /// The account has no session that works.
        case noSession
        /// The broker's API has no such call.
        case notOffered
        case broker(BrokerFailure)
    }

    let accounts: any AccountStore
    private let actions: any BrokerActionLog
    let brokers: Brokers

    package init(accounts: any AccountStore, actions: any BrokerActionLog, brokers: Brokers) {
        self.accounts = accounts
        self.actions = actions
        self.brokers = brokers
    }

    /// How the account's broker names an instrument; nil where it does not list it.
    package func listing(_ symbol: String, at exchange: ExchangeName, of account: BrokerAccount)
        async throws -> BrokerInstrument?
    {
        try await actions.listing(symbol, at: exchange, of: account.broker)
    }

    /// The cash of an account, which every broker tells.
    package func funds(of account: BrokerAccount) async throws -> BrokerFunds {
        guard let broker = brokers[account.broker] else { throw Failure.notOffered }
        let session = try await session(of: account)
        return try await answer(session) { session throws(BrokerFailure) in
            try await broker.funds(session)
        }
    }

    /// All that the broker lists like a conditional order, for whoever must decide about it.
    package func conditionals(like record: ConditionalRecord) async throws -> [ConditionalReport] {
        guard let broker = brokers[record.broker] as? any ConditionalOrders,
            let account = record.account
        else { throw Failure.notOffered }
        guard let open = try await accounts.session(account) else { throw Failure.noSession }
        let instrument = record.terms.instrument
        let session = BrokerSession(
            account: open.account,
            brokerClientID: open.brokerClientID,
            token: open.token,
            egress: open.egress,
            instrument: try await actions.listing(
                instrument.symbol,
                at: instrument.exchange,
                of: record.broker
            )
        )
        return try await answer(session) { session throws(BrokerFailure) in
            try await broker.conditionalOrders(like: record.attempt(session))
        }
    }

    /// The answer of one of the broker's services, such as `{ $0.margins }`.
    package func callAsFunction<Service: Sendable, Answer: Sendable>(
        _ account: BrokerAccount,
        _ service: (BrokerServices) -> Service?,
        _ question: @Sendable (Service, BrokerSession) async throws(BrokerFailure) -> Answer
    ) async throws -> Answer {
        guard let service = brokers[account.broker].flatMap({ service($0.services) }) else {
            throw Failure.notOffered
        }
        let session = try await session(of: account)
        return try await answer(session) { session throws(BrokerFailure) in
            try await question(service, session)
        }
    }

    /// Has a service change something.
    package func change<Service: Sendable, Answer: Sendable>(
        _ action: BrokerAction,
        by actor: Actor,
        _ service: (BrokerServices) -> Service?,
        _ change: @Sendable (Service, BrokerSession) async throws(BrokerFailure) -> Answer
    ) async throws -> Answer {
        let account = action.account
        guard let service = brokers[account.broker].flatMap({ service($0.services) }) else {
            throw Failure.notOffered
        }
        let session = try await session(of: account)
        try await actions.note(action, by: actor)
        var ended = action
        do {
            let answer = try await answer(session) { session throws(BrokerFailure) in
                try await change(service, session)
            }
            ended.stage = .done
            try await actions.note(ended, by: actor)
            return answer
        } catch let failure as Failure {
            if case .broker(let said) = failure { ended.stage = .failed(said.words) }
            try await actions.note(ended, by: actor)
            throw failure
        }
    }

    /// Marks an account's session as over, since a change that was made ends it.
    package func endSession(of account: BrokerAccount) async throws {
        guard let session = try await accounts.session(account.id) else { return }
        try await accounts.markExpired([session])
    }

    private func session(of account: BrokerAccount) async throws -> BrokerSession {
        guard let session = try await accounts.session(account.id) else { throw Failure.noSession }
        return session
    }

    private func answer<Answer: Sendable>(
        _ session: BrokerSession,
        _ ask: (BrokerSession) async throws(BrokerFailure) -> Answer
    ) async throws -> Answer {
        let failure: BrokerFailure
        do throws(BrokerFailure) {
            return try await ask(session)
        } catch {
            failure = error
        }
        if case .sessionEnded = failure { try await accounts.markExpired([session]) }
        throw Failure.broker(failure)
    }
}
