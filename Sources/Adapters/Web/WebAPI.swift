package import Desk
package import HTTPServer
package import Secrets
package import Telemetry
package import Trading

/// The JSON API: what it needs, and its routes, one file per group of them.
package struct WebAPI: Sendable {
    let stores: WebStores
    let readQuotes: ReadQuotes
    let repairTrade: RepairTrade
    let undoTrade: UndoTrade
    let submitBasket: SubmitBasket
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
    let liveQuotes: any LiveQuotes
    let readDepth: ReadDepth
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
    let grantLooks: GrantLooks
    let passwordCost: PasswordCost
    /// How long after a halt its answer waits, so that it is in force by then.
    let haltBound: Duration
    let clock: any WallClock
    let logger: Logger
    let metrics: Metrics
    /// Whether this process can serve: its database answers.
    let isReady: @Sendable () async -> Bool

    package init(
        stores: WebStores,
        quoteCache: any QuoteCache,
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
        self.stores = stores
        self.requiresSecondFactor = requiresSecondFactor
        readQuotes = ReadQuotes(cache: quoteCache, live: quotes, clock: clock)
        repairTrade = RepairTrade(store: stores.repairs, queue: queue, outbox: outbox)
        undoTrade = UndoTrade(
            trades: stores.trades,
            repairs: stores.repairs,
            portfolios: stores.portfolios,
            cancel: submitCancel,
            queue: queue,
            outbox: outbox
        )
        submitBasket = SubmitBasket(store: stores.baskets, queue: queue, outbox: outbox)
        self.submit = submit
        decideTrade = submit.decisions(in: stores.trades)
        self.submitCancel = submitCancel
        self.submitModification = submitModification
        self.submitExit = submitExit
        self.decide = decide
        self.hint = hint
        self.hintReaders = hintReaders
        self.brokers = brokers
        self.brokerHealth = brokerHealth
        liveQuotes = quotes
        self.readDepth = readDepth
        runPreflight = RunPreflight(
            store: stores.preflights,
            prices: prices,
            depth: readDepth,
            market: market,
            brokers: brokersInUse,
            clock: clock
        )
        executePreflight = ExecutePreflight(runPreflight, submit: submit)
        readPortfolio = ReadPortfolio(store: stores.portfolios, quotes: quotes, clock: clock)
        readTradeProfit = ReadTradeProfit(store: stores.portfolios, quotes: quotes, clock: clock)
        self.market = market
        self.requiresEgress = requiresEgress
        progress = TaskProgressReader(trades: stores.trades, board: board)
        authentication = Authentication(
            identities: stores.identities,
            logins: stores.logins,
            signer: signer,
            clock: clock
        )
        self.logIn = logIn
        self.askBroker = askBroker
        self.renew = renew
        linkStates = LinkStates(signer: linkSigner, clock: clock)
        callbackGuard = LoginGuard()
        grantLooks = GrantLooks()
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
