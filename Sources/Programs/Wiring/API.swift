import Blocking
import Desk
import HTTPClient
import HTTPServer
import PostgresStore
import RedisCache
import Telemetry
import Trading
import Web

/// The role that answers HTTP.
package struct API: Sendable {
    private let connections: Connections

    package init(_ settings: Settings) throws {
        connections = try Connections(settings, program: "api")
    }

    /// Answers until told to stop.
    package func run() async throws {
        let settings = connections.settings
        var configuration = HTTPServerConfiguration(
            host: settings.listen.host,
            port: settings.listen.port
        )
        configuration.maximumBodyBytes = 4 << 20
        configuration.headers = SafeHeaders.all
        // Who sends a request byte by byte keeps a connection no longer than this between two.
        configuration.idleTimeout = .seconds(30)
        let hints = TakeHints(
            store: connections.orders,
            live: connections.orders,
            conditionals: connections.conditionals,
            queue: connections.queue,
            clock: connections.clock
        )
        // Prices that portfolios show; no order leaves from here.
        let brokers = BrokerSet(connections, pacesReads: true)
        let loginClient = HTTPClient(logger: connections.logger, metrics: connections.metrics)
        let web = web(hints, brokers, loginClient)
        let server = HTTPServer(
            configuration,
            routes: web.routes,
            fallback: WebAPI.refuse,
            logger: connections.logger,
            metrics: connections.metrics
        )
        // Up at once, though not ready before the database is: health checks can tell the two
        // apart.
        try server.start()
        connections.logger.notice(
            "api is listening",
            [LogField("host", settings.listen.host), LogField("port", server.port)]
        )
        await withDiscardingTaskGroup { group in
            group.addTask { [board = connections.board] in await board.run() }
            group.addTask { [logger = connections.logger] in
                await hints.run { error in
                    logger.warning("hints were lost", [LogField("cause", "\(error)")])
                }
            }
            await TerminationSignal.wait()
            connections.logger.notice("stopping: answering what was asked")
            await server.stop(grace: settings.grace)
            group.cancelAll()
        }
        await brokers.close()
        await loginClient.close()
        await connections.close()
        connections.logger.notice("api has stopped")
    }

    private func web(_ hints: TakeHints, _ set: BrokerSet, _ loginClient: HTTPClient)
        -> WebAPI
    {
        let complete = CompleteTrades(store: connections.trades, board: connections.board)
        return WebAPI(
            stores: stores,
            quoteCache: set.quotes.cache,
            submit: SubmitTrade(
                store: connections.trades,
                queue: connections.queue,
                outbox: connections.outbox
            ),
            cancel: SubmitCancel(
                store: connections.orders,
                queue: connections.queue,
                complete: complete
            ),
            modify: SubmitModification(
                orders: connections.orders,
                trades: connections.trades,
                store: connections.orders,
                queue: connections.queue,
                quotes: set.quotes,
                brokers: BrokerSet.traits(connections.settings),
                market: connections.settings.market,
                clock: connections.clock
            ),
            exit: SubmitExit(
                store: connections.orders,
                advance: AdvanceExits(connections, complete)
            ),
            queue: connections.queue,
            outbox: connections.outbox,
            decide: DecideOrder(
                store: connections.orders,
                queue: connections.queue,
                complete: complete
            ),
            hint: hints,
            hintReaders: BrokerSet.hintReaders(connections.settings),
            brokers: BrokerSet.traits(connections.settings),
            brokerHealth: connections.brokerHealth,
            prices: PreflightPrices(live: set.quotes, source: set.quotes),
            sendsTo: Set(connections.trades.brokers),
            quotes: set.quotes,
            depth: set.depth,
            market: connections.settings.market,
            requiresEgress: connections.settings.requiresEgress,
            board: connections.board,
            signer: connections.settings.signer(for: "logins"),
            logIn: logIn(loginClient),
            askBroker: AskBroker(
                accounts: connections.accounts,
                actions: connections.accounts,
                brokers: set.brokers
            ),
            renew: RenewSessions(
                store: connections.accounts,
                brokers: set.brokers,
                market: connections.settings.market,
                clock: connections.clock
            ),
            linkSigner: connections.settings.signer(for: "broker logins"),
            requiresSecondFactor: connections.settings.requiresSecondFactor,
            clock: connections.clock,
            logger: connections.logger,
            metrics: connections.metrics,
            isReady: { [accounts = connections.accounts] in (try? await accounts.halts()) != nil }
        )
    }

    private var stores: WebStores {
        WebStores(
            trades: connections.trades,
            orders: connections.orders,
            accounts: connections.accounts,
            identities: connections.identities,
            logins: connections.logins,
            instruments: connections.instruments,
            watchlists: PostgresWatchlistStore(pool: connections.pool),
            audit: connections.audit,
            limits: PostgresLimitStore(pool: connections.pool),
            repairs: connections.repairs,
            baskets: connections.baskets,
            conditionals: connections.conditionals,
            portfolios: connections.portfolios,
            cash: connections.cash,
            margins: connections.margins,
            alerts: connections.alerts,
            preflights: connections.preflights
        )
    }

    private func logIn(_ client: HTTPClient) -> LogInAtBroker {
        let traits = BrokerSet.traits(connections.settings)
        return LogInAtBroker(
            accounts: connections.accounts,
            links: connections.accounts,
            logins: BrokerSet.logins(connections.settings, client),
            lives: Dictionary(uniqueKeysWithValues: traits.map { ($0.name, $0.sessionLife) }),
            market: connections.settings.market,
            clock: connections.clock
        )
    }
}
