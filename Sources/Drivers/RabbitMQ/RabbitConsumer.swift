import Blocking
package import Telemetry

/// Takes messages from one queue; each comes again until it is acknowledged.
///
/// The connection is made, and made again, by itself. When it is lost, the server takes back what
/// was not acknowledged and delivers it again: late answers to the old deliveries are ignored.
package final class RabbitConsumer: Sendable {
    private let mailbox = Mailbox<ConsumerLetter>()
    private let shelf = DeliveryShelf()
    private let status: LinkStatus
    private let thread: IOThread

    /// Starts connecting; the topology is declared on every connection.
    ///
    /// - Parameters:
    ///   - configuration: where and as whom.
    ///   - queue: what to read.
    ///   - prefetch: how many messages may be unacknowledged at once, 1 to 2,000 (quorum queues
    ///     take no more).
    ///   - topology: queues that must be there.
    ///   - consumerTag: shown in RabbitMQ's management.
    ///   - logger: hears of lost connections.
    ///   - metrics: counts deliveries.
    package init(
        _ configuration: RabbitConfiguration,
        queue: String,
        prefetch: Int,
        topology: [RabbitQueueDeclaration] = [],
        consumerTag: String = "volley",
        logger: Logger = .silent,
        metrics: Metrics? = nil
    ) {
        precondition((1...2000).contains(prefetch), "prefetch is 1 to 2,000")
        let plan = ConsumerPlan(
            queue: queue,
            prefetch: UInt16(prefetch),
            topology: topology,
            tag: consumerTag
        )
        var settings = configuration
        settings.connectionName += " consumer of \(queue)"
        status = LinkStatus(
            name: settings.connectionName,
            logger: logger,
            metrics: metrics
        )
        thread = IOThread(name: "rabbit-consume") { [settings, mailbox, shelf, status] in
            ConsumerLoop(
                settings,
                plan: plan,
                mailbox: mailbox,
                shelf: shelf,
                status: status,
                metrics: metrics
            ).run()
        }
    }

    deinit { mailbox.post(.close) }

    /// How the connection fares.
    package var linkState: RabbitLinkState { status.current }

    /// Waits until there are messages, and takes them: at least one, at most so many.
    ///
    /// - Returns: no message once stopped.
    /// - Throws: ``RabbitError`` where somebody must change the settings or the queue, after each
    ///   attempt to connect; `CancellationError` if the task is cancelled.
    package func next(atMost limit: Int) async throws -> [RabbitDelivery] {
        try await shelf.take(atMost: limit)
    }

    /// Tells the queue to forget these, their work being done; written soon, without waiting.
    package func ack(_ deliveries: [RabbitDelivery]) {
        guard !deliveries.isEmpty else { return }
        mailbox.post(.acknowledge(deliveries.map { DeliveryMark(tag: $0.tag, epoch: $0.epoch) }))
    }

    /// These cannot be done (now): back to the queue, or to its dead letters.
    ///
    /// Counts towards the delivery limit.
    package func reject(_ deliveries: [RabbitDelivery], requeue: Bool) {
        guard !deliveries.isEmpty else { return }
        let marks = deliveries.map { DeliveryMark(tag: $0.tag, epoch: $0.epoch) }
        mailbox.post(.reject(marks, requeue: requeue))
    }

    /// Takes no more; what was not handed out goes back to the queue.
    ///
    /// What was handed out may still be acknowledged, until ``close()``.
    package func stop() async {
        shelf.stop()
        await withCheckedContinuation { waiter in
            if !mailbox.post(.stop(waiter)) { waiter.resume() }
        }
    }

    /// Writes the answers given so far and closes the connection; the queue gets the rest back.
    package func close() async {
        shelf.stop()
        mailbox.post(.close)
        await thread.join()
    }
}

/// What a consumer reads, and how.
struct ConsumerPlan: Sendable {
    let queue: String
    let prefetch: UInt16
    let topology: [RabbitQueueDeclaration]
    let tag: String
}
