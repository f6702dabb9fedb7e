import Desk
import Postgres
import Telemetry

/// Ends the database sessions of processes that froze in mid-sentence, so that what they had locked
/// comes free for others.
///
/// Every worker and scheduler looks: the leading scheduler may be the one that froze.
struct StallWatch: Sendable {
    private let pool: PostgresPool
    private let patience: Duration
    private let clock: any WallClock
    private let logger: Logger

    init(
        pool: PostgresPool,
        patience: Duration,
        clock: any WallClock,
        logger: Logger
    ) {
        self.pool = pool
        self.patience = patience
        self.clock = clock
        self.logger = logger
    }

    /// Looks again and again, until cancelled.
    func run() async {
        while (try? await clock.sleep(for: patience / 2)) != nil {
            // While the database is away there is nothing to end; others log that it is.
            guard
                let ended = try? await pool.endStalledSessions(
                    named: Connections.applicationPrefix,
                    after: patience
                ), ended > 0
            else { continue }
            logger.warning(
                "ended database sessions whose programs had frozen in mid-sentence",
                [LogField("sessions", ended)]
            )
        }
    }
}
