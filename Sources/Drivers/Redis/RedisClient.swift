import Blocking
import Synchronization
package import Telemetry

/// Redis for a whole process: commands of all tasks share one connection, subscriptions another.
///
/// Redis is a cache here: while it is down every call fails at once, and the caller goes on
/// without it. The connections are made again in the background until closed.
package final class RedisClient: Sendable {
    private let configuration: RedisConfiguration
    private let mailbox = Mailbox<RedisLetter>()
    private let status: RedisStatus
    private let thread: IOThread
    private let subscriptions = Mailbox<SubscriptionLetter>()
    private let subscriptionThread: IOThread
    private let lastSubscriber = Atomic<Int>(0)
    private let commands: Counter?
    private let failures: Counter?

    /// Starts connecting.
    package init(
        _ configuration: RedisConfiguration,
        logger: Logger = .silent,
        metrics: Metrics? = nil
    ) {
        self.configuration = configuration
        status = RedisStatus(purpose: "commands", logger: logger, metrics: metrics)
        commands = metrics?.counter("redis_commands_total", help: "Commands sent to Redis.")
        failures = metrics?.counter(
            "redis_failures_total",
            help: "Calls that Redis gave no reply to."
        )
        thread = IOThread(name: "redis") { [mailbox, status] in
            RedisLoop(configuration, mailbox: mailbox, status: status).run()
        }
        let listening = RedisStatus(purpose: "subscriptions", logger: logger, metrics: metrics)
        subscriptionThread = IOThread(name: "redis-listen") { [subscriptions] in
            RedisSubscriptions(configuration, mailbox: subscriptions, status: listening).run()
        }
    }

    deinit {
        mailbox.post(.close)
        subscriptions.post(.close)
    }

    /// Whether commands can be sent now.
    package var isUp: Bool { status.current == .up }

    /// Sends one command.
    ///
    /// Its reply is never ``RedisReply/error(_:)``: that is thrown. Cancelling the task changes
    /// nothing; the wait is bounded by `commandTimeout`.
    package func command(_ arguments: [RedisArgument]) async throws(RedisError) -> RedisReply {
        let replies = try await pipeline([arguments])
        if case .error(let text) = replies[0] { throw .reply(text) }
        return replies[0]
    }

    /// Sends commands together, in order; others' may come in between of different calls only.
    ///
    /// - Returns: a reply for each; one that Redis refused is ``RedisReply/error(_:)``.
    package func pipeline(_ commands: [[RedisArgument]]) async throws(RedisError) -> [RedisReply] {
        guard !commands.isEmpty else { return [] }
        switch status.current {
        case .down(let reason): throw failed(.down(reason))
        case .closed: throw failed(.down("closed"))
        case .starting, .up: break
        }
        var bytes: [UInt8] = []
        for command in commands { bytes.append(command: command) }
        let result = await withCheckedContinuation { answer in
            let call = RedisCall(bytes: bytes, count: commands.count, answer: answer)
            guard !mailbox.post(.call(call)) else { return }
            answer.resume(returning: .failure(.down("closed")))
        }
        switch result {
        case .success(let replies):
            self.commands?.add(replies.count)
            return replies
        case .failure(let error): throw failed(error)
        }
    }

    /// Runs a script by its hash; sends its text only where Redis does not know it (any more).
    package func run(
        _ script: RedisScript,
        keys: [String],
        arguments: [RedisArgument]
    ) async throws(RedisError) -> RedisReply {
        let rest = [RedisArgument(keys.count)] + keys.map { RedisArgument($0) } + arguments
        do {
            return try await command(["EVALSHA", RedisArgument(script.hash)] + rest)
        } catch {
            guard case .reply(let text) = error, text.hasPrefix("NOSCRIPT") else { throw error }
            return try await command(["EVAL", RedisArgument(script.source)] + rest)
        }
    }

    /// Listens to channels until the stream is dropped, also across reconnections.
    ///
    /// The first event is ``RedisEvent/reconnected``: from then on no message is missed silently.
    package func subscribe(_ channels: [String]) -> AsyncStream<RedisEvent> {
        precondition(!channels.isEmpty, "listens to at least one channel")
        let id = lastSubscriber.wrappingAdd(1, ordering: .relaxed).newValue
        let unique = Array(Set(channels))
        let (stream, continuation) = AsyncStream.makeStream(
            of: RedisEvent.self,
            bufferingPolicy: .bufferingOldest(configuration.subscriberBacklog)
        )
        continuation.onTermination = { [subscriptions] _ in subscriptions.post(.cancel(id: id)) }
        let letter = SubscriptionLetter.subscribe(id: id, channels: unique, stream: continuation)
        if !subscriptions.post(letter) { continuation.finish() }
        return stream
    }

    /// Answers what is under way, ends all subscriptions, and closes the connections.
    package func close() async {
        mailbox.post(.close)
        subscriptions.post(.close)
        await thread.join()
        await subscriptionThread.join()
    }

    private func failed(_ error: RedisError) -> RedisError {
        failures?.add()
        return error
    }
}
