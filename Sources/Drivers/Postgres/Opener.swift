import Blocking
import Glibc
import Telemetry

/// How the connections of one pool are made; the pause after a failure is common to all of them.
final class Opener: Sendable {
    let configuration: PostgresConfiguration
    let logger: Logger
    let meters: PostgresMeters?
    /// Sends cancel requests, which block until the server has taken note.
    let canceller = DedicatedThread(name: "postgres-cancel")
    private let backoff = Backoff()

    init(_ configuration: PostgresConfiguration, logger: Logger, meters: PostgresMeters?) {
        self.configuration = configuration
        self.logger = logger
        self.meters = meters
    }

    /// Makes a connection, after what is left of the pause; blocks the calling thread.
    func open(isCancelled: () -> Bool) throws(PostgresError) -> Session {
        while true {
            let delay = backoff.delay.milliseconds
            if delay == 0 { break }
            if isCancelled() { throw .cancelled }
            usleep(UInt32(min(delay, Session.sliceMilliseconds)) * 1000)
        }
        do throws(PostgresError) {
            let session = try Session.open(configuration, isCancelled: isCancelled)
            backoff.succeeded()
            meters?.opened.add()
            logger.debug("postgres: connection opened")
            return session
        } catch {
            if case .unavailable(let reason) = error {
                backoff.failed()
                meters?.refused.add()
                logger.debug("postgres: no connection", [.init("reason", reason)])
            }
            throw error
        }
    }
}
