import Blocking
package import Telemetry

/// Publishes messages so that each is known to be taken over, or not.
///
/// All callers share one connection: what they bring at the same time is written at once, and each
/// waits for the confirms of its own messages. Connects, and reconnects, by itself until closed.
package final class RabbitPublisher: Sendable {
    private let mailbox = Mailbox<PublisherLetter>()
    private let status: LinkStatus
    private let thread: IOThread

    /// Starts connecting; the topology is declared on every connection.
    package init(
        _ configuration: RabbitConfiguration,
        topology: [RabbitQueueDeclaration] = [],
        logger: Logger = .silent,
        metrics: Metrics? = nil
    ) {
        status = LinkStatus(
            name: "\(configuration.connectionName) publisher",
            logger: logger,
            metrics: metrics
        )
        var settings = configuration
        settings.connectionName += " publisher"
        let meters = metrics.map { PublisherMeters($0) }
        thread = IOThread(name: "rabbit-publish") { [settings, mailbox, status] in
            PublisherLoop(
                settings,
                topology: topology,
                mailbox: mailbox,
                status: status,
                meters: meters
            ).run()
        }
    }

    deinit { mailbox.post(.close) }

    /// How the connection fares; a permanent error here is why nothing is sent.
    package var linkState: RabbitLinkState { status.current }

    /// Publishes messages, and waits until what became of each is known.
    ///
    /// Messages of one call are written in order. Cancelling the task changes nothing: what may be
    /// under way must be waited for. The wait is bounded by the configuration's `publishWait`, one
    /// attempt to connect, and `confirmTimeout`.
    /// - Returns: an outcome for each message, in the same order.
    package func publish(_ messages: [RabbitMessage]) async -> [PublishOutcome] {
        guard !messages.isEmpty else { return [] }
        return await withCheckedContinuation { answer in
            let request = PublishRequest(messages: messages, askedAt: .now, answer: answer)
            guard !mailbox.post(.publish(request)) else { return }
            answer.resume(returning: Array(repeating: .notSent, count: messages.count))
        }
    }

    /// Sends nothing more, waits a while for confirms, and closes the connection.
    package func close() async {
        mailbox.post(.close)
        await thread.join()
    }
}
