package import Telemetry
package import Trading

/// What the environment says, read once and checked as a whole.
package struct Settings: Sendable {
    /// Everything that is wrong, one sentence each, so that it can be mended in one go.
    package struct Problems: Error, CustomStringConvertible {
        package let sentences: [String]
        package var description: String {
            "the settings are not usable:\n" + sentences.map { "  - \($0)" }.joined(separator: "\n")
        }
    }

    package let databaseURL: String
    package let databasePool: Int
    package let amqpURL: String
    package let redisURL: String
    package let listen: Address
    package let metricsListen: Address?
    /// 32 bytes from which the keys for tokens at rest and for logins are derived.
    package let secretKey: [UInt8]
    /// Keys that were `secretKey` before: what they sealed and signed is still good.
    package let formerSecretKeys: [[UInt8]]
    /// The brokers that orders may go to; paper is always there.
    package let brokers: [BrokerName: BrokerPlace]
    package let isLive: Bool
    /// Whether admins and traders must log in with a second factor.
    package let requiresSecondFactor: Bool
    /// Whether nothing is sent for an account that has no address or proxy of its own.
    package let requiresEgress: Bool
    package let market: MarketHours
    package let logLevel: LogLevel
    package let migrations: String
    /// Begins the names of all queues and Redis keys: several installations may share servers.
    package let prefix: String
    /// Orders that one worker has in hand at once.
    package let slots: Int
    /// How long an attempt belongs to the worker that claimed it.
    package let lease: Duration
    /// Where a test wants this process to end or to freeze; nil in earnest.
    package let failpoint: ArmedFailpoint?
    /// Tests divide the times of the doubt schedule by this.
    package let doubtScale: Int
    /// Whether prices are polled where a broker has no feed that serves.
    package let pollsQuotes: Bool
    /// A price older than this sizes no order.
    package let quoteAge: Duration
    /// How often our books are compared with the brokers'.
    package let reconcileEvery: Duration
    /// How long a stopping process may take to finish what it has begun.
    package let grace: Duration

    /// A host and a port.
    package struct Address: Sendable, Equatable {
        package let host: String
        package let port: Int
    }
}

extension Settings {
    /// Reads and checks the environment.
    package init(
        environment: [String: String],
        readFile: @escaping (String) -> String?
    ) throws(Problems) {
        var reader = SettingsReader(environment: environment, readFile: readFile)
        databaseURL = reader.url("VOLLEY_DATABASE_URL", schemes: ["postgresql", "postgres"])
        amqpURL = reader.url("VOLLEY_AMQP_URL", schemes: ["amqp", "amqps"])
        redisURL = reader.url("VOLLEY_REDIS_URL", schemes: ["redis"])
        listen = reader.address("VOLLEY_LISTEN", default: "127.0.0.1:8080")
        metricsListen = reader.optionalAddress("VOLLEY_METRICS_LISTEN")
        isLive = reader.choice("VOLLEY_LIVE", ["yes", "no"], default: "no") == "yes"
        requiresSecondFactor =
            reader.choice("VOLLEY_REQUIRE_SECOND_FACTOR", ["yes", "no"], default: "no") == "yes"
        requiresEgress =
            reader.choice("VOLLEY_REQUIRE_EGRESS", ["yes", "no"], default: isLive ? "yes" : "no")
            == "yes"
        let keys = reader.secretKeys(live: isLive)
        secretKey = keys.first ?? []
        formerSecretKeys = Array(keys.dropFirst())
        market =
            MarketHours(
                rawValue: reader.choice(
                    "VOLLEY_MARKET_HOURS",
                    MarketHours.allCases.map(\.rawValue),
                    default: MarketHours.exchange.rawValue
                )
            ) ?? .exchange
        brokers = reader.brokers(live: isLive)
        databasePool = reader.integer("VOLLEY_DATABASE_POOL", default: 8, in: 2...200)
        slots = reader.integer("VOLLEY_WORKER_SLOTS", default: 512, in: 1...10_000)
        lease = .seconds(reader.integer("VOLLEY_LEASE_SECONDS", default: 60, in: 6...600))
        failpoint = reader.failpoint("VOLLEY_FAILPOINT")
        doubtScale = reader.integer("VOLLEY_DOUBT_SCALE", default: 1, in: 1...1_000)
        pollsQuotes = reader.choice("VOLLEY_POLL_QUOTES", ["yes", "no"], default: "no") == "yes"
        quoteAge = .seconds(reader.integer("VOLLEY_QUOTE_SECONDS", default: 15, in: 1...3_600))
        reconcileEvery = .seconds(
            reader.integer("VOLLEY_RECONCILE_SECONDS", default: 300, in: 1...86_400)
        )
        grace = .seconds(reader.integer("VOLLEY_GRACE_SECONDS", default: 30, in: 1...600))
        prefix = environment["VOLLEY_PREFIX"] ?? ""
        migrations = environment["VOLLEY_MIGRATIONS"] ?? "migrations"
        logLevel = reader.logLevel()
        if isLive, market == .always {
            reader.problem("VOLLEY_MARKET_HOURS=always is for sandboxes, not with VOLLEY_LIVE=yes")
        }
        if isLive, failpoint != nil {
            reader.problem("VOLLEY_FAILPOINT is for tests, not with VOLLEY_LIVE=yes")
        }
        guard reader.problems.isEmpty else { throw Problems(sentences: reader.problems) }
    }
}
