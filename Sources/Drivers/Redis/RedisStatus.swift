import Synchronization
import Telemetry

/// Whether commands can be sent, told by the connection's thread to callers and to the log.
final class RedisStatus: Sendable {
    enum State: Sendable, Equatable {
        /// The first attempt to connect is under way: commands wait for it.
        case starting
        case up
        case down(String)
        case closed
    }
    private let state = Mutex(State.starting)
    private let purpose: String
    private let logger: Logger
    private let failures: Counter?

    init(purpose: String, logger: Logger, metrics: Metrics?) {
        self.purpose = purpose
        self.logger = logger
        failures = metrics?.counter(
            "redis_connection_failures_total",
            help: "Connections to Redis that were lost or could not be made.",
            labels: ["purpose"]
        )
    }

    var current: State { state.withLock { $0 } }

    func set(_ new: State) {
        let old = state.withLock { state in
            defer { state = new }
            return state
        }
        if case .down = new { failures?.add(1, [purpose]) }
        guard old != new else { return }
        switch new {
        case .down(let reason):
            logger.warning(
                "no connection to Redis; trying again",
                [.init("purpose", purpose), .init("reason", reason)]
            )
        case .up: logger.debug("connected to Redis", [.init("purpose", purpose)])
        case .starting, .closed: break
        }
    }
}
