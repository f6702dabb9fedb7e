import Desk
import HTTPClient
import Postgres
import PostgresStore
import RabbitMQ
import RabbitQueue
import Redis
import RedisCache
import Telemetry
import Trading

/// One process's doors to the servers, and the stores behind them.
///
/// Nothing here fails where a server is not there yet: the drivers connect when it comes.
struct Connections: Sendable {
    let settings: Settings
    let logger: Logger
    let metrics: Metrics
    let clock = SystemClock()
    let pool: PostgresPool
    let redis: RedisClient
    let publisher: RabbitPublisher
    let topology: QueueTopology
    let queue: RabbitOrderQueue
    let orders: PostgresOrderStore
    let trades: PostgresTradeStore
    let repairs: PostgresRepairStore
    let baskets: PostgresBasketStore
    let outbox: PostgresOutbox
    let accounts: PostgresAccountStore
    /// The same by a connection of its own, so that halts are read however busy the others are.
    let haltAccounts: PostgresAccountStore
    private let watchPool: PostgresPool
    let stalls: StallWatch
    let identities: PostgresIdentityStore
    let logins: PostgresLoginStore
    let instruments: PostgresInstrumentStore
    let audit: PostgresAuditLog
    let conditionals: PostgresConditionalStore
    let portfolios: PostgresPortfolioStore
    let cash: PostgresFundsStore
    let margins: PostgresMarginStore
    let alerts: PostgresAlertStore
    let preflights: PostgresPreflightStore
    let board: RedisProgressBoard
    let brokerHealth: RedisBrokerHealth

    /// What the names of our processes begin with in `pg_stat_activity`.
    static let applicationPrefix = "volley "
    /// How long a process that froze may keep what it has locked.
    private static let stallPatience: Duration = .seconds(10)

    /// Prepares everything for a program of this name.
    init(_ settings: Settings, program: String) throws {
        self.settings = settings
        logger = Logger.standardError(program: program, level: settings.logLevel)
        metrics = Metrics()
        settings.failpoint?.arm(logger)
        var database = try PostgresConfiguration(url: settings.databaseURL)
        database.applicationName = Self.applicationPrefix + program
        // A frozen process must not keep others from its clients' money for long: between two
        // statements of a transaction there are milliseconds.
        database.idleInTransactionTimeout = Self.stallPatience
        // Statements are prepared once, perhaps while their tables are empty, and planned for good
        // soon after: every one of ours goes by an index, and must go on doing so as tables grow.
        // Compiling a statement costs more than any of ours takes.
        database.settings = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"].map {
            ($0, "off")
        }
        // Orders go by many small statements at once: a second process for one of them only takes the
        // processor from the others.
        database.settings.append(("max_parallel_workers_per_gather", "0"))
        pool = PostgresPool(
            database,
            size: settings.databasePool,
            logger: logger,
            metrics: metrics
        )
        watchPool = PostgresPool(database, size: 1, logger: logger)
        stalls = StallWatch(
            pool: watchPool,
            patience: Self.stallPatience,
            clock: clock,
            logger: logger
        )
        redis = RedisClient(
            try RedisConfiguration(url: settings.redisURL),
            logger: logger,
            metrics: metrics
        )
        // Clients of any other are skipped with a reason.
        let brokers = BrokerName.allCases.filter { $0 == .paper || settings.brokers[$0] != nil }
        topology = QueueTopology(prefix: settings.prefix, brokers: brokers)
        var rabbit = try RabbitConfiguration(url: settings.amqpURL)
        rabbit.connectionName = "volley \(program)"
        publisher = RabbitPublisher(
            rabbit,
            topology: topology.declarations,
            logger: logger,
            metrics: metrics
        )
        queue = RabbitOrderQueue(publisher: publisher, topology: topology)
        let box = settings.secretBox
        var policy = PostgresOrderStore.Policy()
        policy.requiresEgress = settings.requiresEgress
        orders = PostgresOrderStore(pool: pool, secrets: box, policy: policy)
        trades = PostgresTradeStore(
            pool: pool,
            brokers: brokers,
            requiresEgress: settings.requiresEgress
        )
        repairs = PostgresRepairStore(
            pool: pool,
            brokers: brokers,
            requiresEgress: settings.requiresEgress
        )
        baskets = PostgresBasketStore(pool: pool)
        outbox = PostgresOutbox(pool: pool)
        accounts = PostgresAccountStore(pool: pool, secrets: box)
        haltAccounts = PostgresAccountStore(pool: watchPool, secrets: box)
        identities = PostgresIdentityStore(pool: pool)
        logins = PostgresLoginStore(pool: pool, secrets: box)
        instruments = PostgresInstrumentStore(pool: pool)
        audit = PostgresAuditLog(pool: pool)
        conditionals = PostgresConditionalStore(pool: pool, secrets: box, clock: clock)
        portfolios = PostgresPortfolioStore(pool: pool)
        cash = PostgresFundsStore(pool: pool)
        margins = PostgresMarginStore(pool: pool)
        alerts = PostgresAlertStore(pool: pool)
        preflights = PostgresPreflightStore(pool: pool)
        board = RedisProgressBoard(redis: redis, prefix: settings.prefix, clock: clock)
        brokerHealth = RedisBrokerHealth(redis: redis, prefix: settings.prefix, clock: clock)
    }

    /// Closes everything, in reverse.
    func close() async {
        await publisher.close()
        await redis.close()
        await watchPool.close()
        await pool.close()
    }

    /// A reader of one queue.
    func reader(_ queue: String, prefetch: Int) throws -> RabbitQueueReader {
        var rabbit = try RabbitConfiguration(url: settings.amqpURL)
        rabbit.connectionName = "volley reader of \(queue)"
        return RabbitQueueReader(
            consumer: RabbitConsumer(
                rabbit,
                queue: queue,
                prefetch: prefetch,
                topology: topology.declarations,
                logger: logger,
                metrics: metrics
            )
        )
    }

    /// What tells how much lies in the queues.
    func backlog() throws -> RabbitBacklog {
        RabbitBacklog(try RabbitConfiguration(url: settings.amqpURL), topology: topology)
    }

    /// Whether the database answers at this moment.
    func isDatabaseThere() async -> Bool { (try? await accounts.halts()) != nil }

    /// Waits until the database is there and has the tables that this program needs.
    func waitForSchema() async throws {
        var hasSaidSo = false
        while true {
            let obstacle = try await schemaObstacle()
            guard let obstacle else { return }
            if !hasSaidSo { logger.notice("waiting", [LogField("for", obstacle)]) }
            hasSaidSo = true
            try await clock.sleep(for: .milliseconds(500))
        }
    }

    /// Why the tables are not there yet; nil where they are.
    private func schemaObstacle() async throws -> String? {
        let runner = MigrationRunner(pool: pool, folder: settings.migrations)
        do {
            return try await runner.isCurrent() ? nil : "volley migrate"
        } catch {
            guard case .unavailable(let cause) = error else { throw error }
            return "the database: " + cause
        }
    }
}
