package import Desk
package import HTTPServer
package import Secrets
package import Telemetry
package import Trading

/// The JSON API: what it needs, and its routes, one file per group of them.
package struct WebAPI: Sendable {
    let trades: any TradeStore & ApprovalStore
    let accounts: any AccountStore
    let identities: any IdentityStore
    let logins: any LoginStore
    let instruments: any InstrumentStore
    let watchlists: any WatchlistStore
    let readQuotes: ReadQuotes
    let audit: any AuditLog
    let doubts: any DoubtStore
    let drifts: any DriftStore
    let cancelStore: any CancelStore
    let modificationStore: any ModificationStore
    let orderReader: any OrderReader
    let exitStore: any ExitStore
    let limits: any LimitStore
    let repairs: any RepairStore
    let baskets: any BasketStore
    let repairTrade: RepairTrade
    let undoTrade: UndoTrade
    let submitBasket: SubmitBasket
    let conditionals: any ConditionalStore
    let submit: SubmitTrade
    let decideTrade: DecideApproval
    let submitCancel: SubmitCancel
    let submitModification: SubmitModification
    let submitExit: SubmitExit
    let decide: DecideOrder
    let hint: TakeHints
    let hintReaders: [BrokerName: any HintReader]
    let brokers: [BrokerTraits]
    let brokerHealth: any BrokerHealthBoard
    let sessions: any SessionStore
    let portfolios: any PortfolioStore
    let liveQuotes: any LiveQuotes
    let readDepth: ReadDepth
    let cash: any FundsStore
    let margins: any MarginStore
    let alerts: any AlertStore
    let preflights: any PreflightStore
    let runPreflight: RunPreflight
    let executePreflight: ExecutePreflight
    let readPortfolio: ReadPortfolio
    let readTradeProfit: ReadTradeProfit
    let market: MarketHours
    /// Whether every account must have an address or proxy of its own.
    let requiresEgress: Bool
    let progress: TaskProgressReader
    let authentication: Authentication
    /// Whether admins and traders can do nothing without a second factor.
    let requiresSecondFactor: Bool
    let logIn: LogInAtBroker
    /// Nil where this process has no brokers to ask.
    let askBroker: AskBroker?
    /// Nil where this process has no brokers to ask.
    let renew: RenewSessions?
    let linkStates: LinkStates
    let callbackGuard: LoginGuard
    let passwordCost: PasswordCost
    /// How long after a halt its answer waits, so that it is in force by then.
    let haltBound: Duration
    let clock: any WallClock
    let logger: Logger
    let metrics: Metrics
    /// Whether this process can serve: its database answers.
    let isReady: @Sendable () async -> Bool

    package init(
        trades: any TradeStore & ApprovalStore,
        accounts: any AccountStore,
        identities: any IdentityStore,
        logins: any LoginStore,
        instruments: any InstrumentStore,
        watchlists: any WatchlistStore,
        quoteCache: any QuoteCache,
        audit: any AuditLog,
        doubts: any DoubtStore,
        drifts: any DriftStore,
        cancels cancelStore: any CancelStore,
        modifications modificationStore: any ModificationStore,
        orders orderReader: any OrderReader,
        exits exitStore: any ExitStore,
        limits: any LimitStore,
        repairs: any RepairStore,
        baskets: any BasketStore,
        conditionals: any ConditionalStore,
        submit: SubmitTrade,
        cancel submitCancel: SubmitCancel,
        modify submitModification: SubmitModification,
        exit submitExit: SubmitExit,
        queue: any OrderQueue,
        outbox: any Outbox,
        decide: DecideOrder,
        hint: TakeHints,
        hintReaders: [BrokerName: any HintReader],
        brokers: [BrokerTraits],
        brokerHealth: any BrokerHealthBoard,
        sessions: any SessionStore,
        portfolios: any PortfolioStore,
        cash: any FundsStore,
        margins: any MarginStore,
        alerts: any AlertStore,
        preflights: any PreflightStore,
        prices: PreflightPrices,
        sendsTo brokersInUse: Set<BrokerName>,
        quotes: any LiveQuotes,
        depth readDepth: ReadDepth,
        market: MarketHours,
        requiresEgress: Bool = false,
        board: any ProgressBoard,
        signer: JWTSigner,
        logIn: LogInAtBroker,
        askBroker: AskBroker? = nil,
        renew: RenewSessions? = nil,
        linkSigner: JWTSigner,
        passwordCost: PasswordCost = .standard,
        haltBound: Duration = HaltWatch.bound,
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
        self.watchlists = watchlists
        readQuotes = ReadQuotes(cache: quoteCache, live: quotes, clock: clock)
        self.audit = audit
        self.doubts = doubts
        self.drifts = drifts
        self.cancelStore = cancelStore
        self.modificationStore = modificationStore
        self.orderReader = orderReader
        self.exitStore = exitStore
        self.limits = limits
        self.repairs = repairs
        self.baskets = baskets
        repairTrade = RepairTrade(store: repairs, queue: queue, outbox: outbox)
        undoTrade = UndoTrade(
            trades: trades,
            repairs: repairs,
            portfolios: portfolios,
            cancel: submitCancel,
            queue: queue,
            outbox: outbox
        )
        submitBasket = SubmitBasket(store: baskets, queue: queue, outbox: outbox)
        self.conditionals = conditionals
        self.submit = submit
        decideTrade = submit.decisions(in: trades)
        self.submitCancel = submitCancel
        self.submitModification = submitModification
        self.submitExit = submitExit
        self.decide = decide
        self.hint = hint
        self.hintReaders = hintReaders
        self.brokers = brokers
        self.brokerHealth = brokerHealth
        self.sessions = sessions
        self.portfolios = portfolios
        liveQuotes = quotes
        self.readDepth = readDepth
        self.cash = cash
        self.margins = margins
        self.alerts = alerts
        self.preflights = preflights
        runPreflight = RunPreflight(
            store: preflights,
            prices: prices,
            depth: readDepth,
            market: market,
            brokers: brokersInUse,
            clock: clock
        )
        executePreflight = ExecutePreflight(
            store: preflights,
            submit: submit,
            prices: prices,
            market: market,
            brokers: brokersInUse,
            clock: clock
        )
        readPortfolio = ReadPortfolio(store: portfolios, quotes: quotes, clock: clock)
        readTradeProfit = ReadTradeProfit(store: portfolios, quotes: quotes, clock: clock)
        self.market = market
        self.requiresEgress = requiresEgress
        progress = TaskProgressReader(trades: trades, board: board)
        authentication = Authentication(
            identities: identities,
            logins: logins,
            signer: signer,
            clock: clock
        )
        self.logIn = logIn
        self.askBroker = askBroker
        self.renew = renew
        linkStates = LinkStates(signer: linkSigner, clock: clock)
        callbackGuard = LoginGuard()
        self.passwordCost = passwordCost
        self.haltBound = haltBound
        self.clock = clock
        self.logger = logger
        self.metrics = metrics
        self.isReady = isReady
    }

    /// All routes.
    package var routes: [HTTPRoute] {
        [
            operations,
            login,
            users,
            settings,
            clients,
            brokerAccounts,
            brokerLogins,
            loginRequests,
            bulkTrades,
            results,
            events,
            cancels,
            orderRoutes,
            modificationRoutes,
            exitRoutes,
            doubtRoutes,
            driftRoutes,
            halts,
            instrumentRoutes,
            watchlistRoutes,
            executeOrder,
            postbacks,
            brokerRoutes,
            brokerServices,
            brokerControls,
            profitReports,
            readinessRoutes,
            auditRoutes,
            portfolioRoutes,
            limitRoutes,
            repairRoutes,
            undoRoutes,
            basketRoutes,
            sessionRoutes,
            secondFactorRoutes,
            approvalRoutes,
            conditionalRoutes,
            fundsRoutes,
            preflightRoutes,
            costRoutes,
            alertRoutes,
        ].flatMap(\.self)
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
