package import Desk
package import HTTPServer
package import Secrets
package import Telemetry
package import Trading

/// The JSON API: what it needs, and its routes, one file per group of them.
package struct WebAPI: Sendable {
    let trades: any TradeStore & ClientOrderStore & ApprovalStore
    let accounts: any AccountStore
    let identities: any IdentityStore
    let logins: any LoginStore
    let instruments: any InstrumentStore
    let audit: any AuditLog
    let doubts: any DoubtStore
    let drifts: any DriftStore
    let cancelStore: any CancelStore
    let submit: SubmitTrade
    let decideTrade: DecideApproval
    let submitCancel: SubmitCancel
    let decide: DecideOrder
    let hint: TakeHints
    let hintReaders: [BrokerName: any HintReader]
    let brokers: [BrokerTraits]
    let brokerHealth: any BrokerHealthBoard
    let sessions: any SessionStore
    let portfolios: any PortfolioStore
    let readPortfolio: ReadPortfolio
    let readTradeProfit: ReadTradeProfit
    let market: MarketHours
    let progress: TaskProgressReader
    let authentication: Authentication
    /// Whether admins and traders can do nothing without a second factor.
    let requiresSecondFactor: Bool
    let logIn: LogInAtBroker
    let linkStates: LinkStates
    let callbackGuard: LoginGuard
    let passwordCost: PasswordCost
    let clock: any WallClock
    let logger: Logger
    let metrics: Metrics
    /// Whether this process can serve: its database answers.
    let isReady: @Sendable () async -> Bool

    package init(
        trades: any TradeStore & ClientOrderStore & ApprovalStore,
        accounts: any AccountStore,
        identities: any IdentityStore,
        logins: any LoginStore,
        instruments: any InstrumentStore,
        audit: any AuditLog,
        doubts: any DoubtStore,
        drifts: any DriftStore,
        cancels cancelStore: any CancelStore,
        submit: SubmitTrade,
        cancel submitCancel: SubmitCancel,
        decide: DecideOrder,
        hint: TakeHints,
        hintReaders: [BrokerName: any HintReader],
        brokers: [BrokerTraits],
        brokerHealth: any BrokerHealthBoard,
        sessions: any SessionStore,
        portfolios: any PortfolioStore,
        quotes: any LiveQuotes,
        market: MarketHours,
        board: any ProgressBoard,
        signer: JWTSigner,
        logIn: LogInAtBroker,
        linkSigner: JWTSigner,
        passwordCost: PasswordCost = .standard,
        requiresSecondFactor: Bool = false,
        clock: any WallClock,
        logger: Logger,
        metrics: Metrics,
        isReady: @escaping @Sendable () async -> Bool
    ) {
        self.trades = trades
        self.accounts = accounts
        self.identities = identities
        self.logins = logins
        self.requiresSecondFactor = requiresSecondFactor
        self.instruments = instruments
        self.audit = audit
        self.doubts = doubts
        self.drifts = drifts
        self.cancelStore = cancelStore
        self.submit = submit
        decideTrade = submit.decisions(in: trades)
        self.submitCancel = submitCancel
        self.decide = decide
        self.hint = hint
        self.hintReaders = hintReaders
        self.brokers = brokers
        self.brokerHealth = brokerHealth
        self.sessions = sessions
        self.portfolios = portfolios
        readPortfolio = ReadPortfolio(store: portfolios, quotes: quotes, clock: clock)
        readTradeProfit = ReadTradeProfit(store: portfolios, quotes: quotes, clock: clock)
        self.market = market
        progress = TaskProgressReader(trades: trades, board: board)
        authentication = Authentication(
            identities: identities,
            logins: logins,
            signer: signer,
            clock: clock
        )
        self.logIn = logIn
        linkStates = LinkStates(signer: linkSigner, clock: clock)
        callbackGuard = LoginGuard()
        self.passwordCost = passwordCost
        self.clock = clock
        self.logger = logger
        self.metrics = metrics
        self.isReady = isReady
    }

    /// All routes.
    package var routes: [HTTPRoute] {
        operations + login + users + settings + clients + brokerAccounts + brokerLogins
            + bulkTrades + results + events + cancels + doubtRoutes + driftRoutes + halts
            + instrumentRoutes + executeOrder + postbacks + brokerRoutes + readinessRoutes
            + auditRoutes + portfolioRoutes + clientOrderRoutes + sessionRoutes
            + secondFactorRoutes + approvalRoutes
    }

    /// Requests that reach no route, as problems.
    package static func refuse(_ request: HTTPServerRequest, _ refusal: HTTPRefusal)
        -> HTTPServerResponse
    {
        switch refusal {
        case .malformed: Problem(400, "malformed", refusal.explanation).response
        case .notFound: Problem(404, "no_such_path", refusal.explanation).response
        case .methodNotAllowed(let allowed):
            Problem(
                405,
                "method_not_allowed",
                refusal.explanation,
                headers: [("Allow", allowed.joined(separator: ", "))]
            ).response
        case .bodyTooLarge: Problem(413, "body_too_large", refusal.explanation).response
        }
    }

    /// A route for those whom its line in the document names, whose handler may throw problems and
    /// failures of the store.
    ///
    /// One that is asked very often and answers from memory, as a rule, `startsAtOnce`. One that is
    /// polled believes a caller who was good a moment ago.
    func route(
        _ method: String,
        _ pattern: String,
        maximumBodyBytes: Int? = nil,
        startsAtOnce: Bool = false,
        isPolled: Bool = false,
        _ handler: @escaping @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) -> HTTPRoute {
        let admission = Admission(
            authentication: authentication,
            requiresSecondFactor: requiresSecondFactor,
            operation: OpenAPIOperations.operation(method, pattern),
            isPolled: isPolled
        )
        return HTTPRoute(
            method,
            pattern,
            maximumBodyBytes: maximumBodyBytes,
            startsAtOnce: startsAtOnce
        ) { [logger] request in
            do {
                return try await admission.answer(request, handler)
            } catch let problem as Problem {
                return problem.response
            } catch StoreFailure.unavailable(let cause) {
                logger.warning("the database cannot be reached", [LogField("cause", cause)])
                return Problem.unavailable.response
            } catch StoreFailure.outcomeUnknown(let cause) {
                logger.warning("a commit's outcome is unknown", [LogField("cause", cause)])
                return Problem.outcomeUnknown.response
            } catch {
                // The cause goes to the log only: answers tell nothing of the inside.
                logger.error(
                    "a request failed",
                    [LogField("path", pattern), LogField("cause", "\(error)")]
                )
                return Problem(500, "failed", "Something failed here; it was written down.")
                    .response
            }
        }
    }
}
