import Blocking
import Synchronization
import Telemetry

/// Hears one channel's notices, on a thread and a connection of its own, until stopped.
final class Listener: Sendable {
    typealias Continuation = AsyncThrowingStream<String, any Error>.Continuation

    /// How many notices wait for a slow reader; the oldest go first.
    static let bufferedNotices = 1024
    /// How long nothing may come until the server is asked whether it is there.
    private static let idleMilliseconds: CInt = 30_000

    private let opener: Opener
    private let channel: String
    private let continuation: Continuation
    private let thread = DedicatedThread(name: "postgres-listen")
    private let isStopped = Atomic(false)
    private let backoff = Backoff()
    /// An empty text comes after so long without a notice; nil: none does.
    private let heartbeat: Duration?

    init(
        _ opener: Opener,
        channel: String,
        heartbeat: Duration?,
        _ continuation: Continuation
    ) {
        self.opener = opener
        self.channel = channel
        self.heartbeat = heartbeat
        self.continuation = continuation
    }

    func start() { thread.perform { [self] in run() } }

    /// Ends the stream soon; may be called on any thread, also more than once.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        // Whatever comes into the thread's inbox ends its wait.
        thread.perform {}
    }

    private var isStopping: Bool { isStopped.load(ordering: .acquiring) }

    private func run() {
        while !isStopping {
            do throws(PostgresError) {
                let session = try opener.open { isStopping }
                try session.runScript("LISTEN \(quotedChannel)")
                backoff.succeeded()
                continuation.yield("")
                try hear(session)
            } catch {
                // Not thrown: the stream goes on, and says that something may be missing.
                opener.logger.debug("postgres: listening broke off", [.init("reason", error)])
                backoff.failed()
                // Shortened only by `stop`.
                _ = thread.wait(forReading: -1, milliseconds: backoff.delay.milliseconds)
            }
        }
        continuation.finish()
    }

    private func hear(_ session: Session) throws(PostgresError) {
        var sinceMark = Self.bufferedNotices
        while !isStopping {
            for payload in try session.takeNotices() {
                sinceMark += 1
                // Old ones went: the reader must hear of it, once per buffer's length.
                if case .dropped = continuation.yield(payload), sinceMark * 2 > Self.bufferedNotices
                {
                    continuation.yield("")
                    sinceMark = 0
                }
            }
            let wake = thread.wait(
                forReading: session.descriptor,
                milliseconds: heartbeat?.milliseconds ?? Self.idleMilliseconds
            )
            guard wake == .timedOut else { continue }
            try session.runScript("")
            if heartbeat != nil { continuation.yield("") }
        }
    }

    private var quotedChannel: String {
        var quoted = "\""
        for character in channel {
            if character == "\"" { quoted.append("\"") }
            quoted.append(character)
        }
        return quoted + "\""
    }
}
