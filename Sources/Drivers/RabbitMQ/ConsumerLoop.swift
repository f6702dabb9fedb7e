import Blocking
import Telemetry

/// What others tell the consumer's thread.
enum ConsumerLetter: Sendable {
    case acknowledge([DeliveryMark])
    case reject([DeliveryMark], requeue: Bool)
    case stop(CheckedContinuation<Void, Never>)
    case close
}

/// Names a delivery: its tag, and the connection that the tag counts on.
struct DeliveryMark: Sendable {
    let tag: UInt64
    let epoch: Int
}

/// The consumer's thread: takes what the server delivers, writes answers, reconnects.
///
/// 1. Answers to deliveries of an earlier connection are dropped: the server has taken those back.
/// 2. Each delivery is answered at most once.
/// 3. Nothing that nobody took is kept after a stop: it goes back to the queue at once.
final class ConsumerLoop {
    /// How many events are read before those that wait get what came.
    private static let eventsPerRound = 1024

    private let configuration: RabbitConfiguration
    private let plan: ConsumerPlan
    private let mailbox: Mailbox<ConsumerLetter>
    private let shelf: DeliveryShelf
    private let status: LinkStatus
    private let delivered: Counter?

    private var link: AMQPLink?
    private var epoch = 0
    private var tags = OutstandingTags()
    private var rejections: [(tag: UInt64, requeue: Bool)] = []
    private var nextAttempt = ContinuousClock.now
    private var backoff = Backoff()
    /// Who waits for the stop; not empty only between the cancel and its answer.
    private var stopping: [CheckedContinuation<Void, Never>] = []
    private var stopsBy: ContinuousClock.Instant?
    private var isStopped = false
    private var isClosing = false

    init(
        _ configuration: RabbitConfiguration,
        plan: ConsumerPlan,
        mailbox: Mailbox<ConsumerLetter>,
        shelf: DeliveryShelf,
        status: LinkStatus,
        metrics: Metrics?
    ) {
        self.configuration = configuration
        self.plan = plan
        self.mailbox = mailbox
        self.shelf = shelf
        self.status = status
        delivered = metrics?.counter(
            "rabbitmq_delivered_total",
            help: "Messages that came from a queue.",
            labels: ["queue"]
        )
    }

    func run() {
        while !isClosing {
            connectIfDue()
            do {
                try takeLetters()
                try writeAnswers()
                try readEvents()
                try checkStop()
            } catch {
                drop(error)
            }
            sleep()
        }
        finish()
    }

    // MARK: Letters

    private func takeLetters() throws(RabbitError) {
        var failure: RabbitError?
        for letter in mailbox.take() {
            switch letter {
            case .acknowledge(let marks):
                for mark in marks where mark.epoch == epoch { tags.acknowledge(mark.tag) }
            case .reject(let marks, let requeue):
                for mark in marks where mark.epoch == epoch && tags.answer(mark.tag) {
                    rejections.append((mark.tag, requeue))
                }
            case .stop(let waiter):
                do { try stop(waiter) } catch { failure = error }
            case .close: isClosing = true
            }
        }
        if let failure { throw failure }
    }

    private func writeAnswers() throws(RabbitError) {
        guard let link else { return }
        // Rejections first: a joined acknowledgement would acknowledge what is not yet rejected.
        for rejection in rejections {
            try link.reject(rejection.tag, requeue: rejection.requeue)
        }
        rejections.removeAll(keepingCapacity: true)
        for acknowledgement in tags.takeAcknowledgements() {
            try link.acknowledge(acknowledgement.tag, multiple: acknowledgement.multiple)
        }
    }

    // MARK: Connection

    private func connectIfDue() {
        guard link == nil, !isStopped, stopsBy == nil, ContinuousClock.now >= nextAttempt else {
            return
        }
        do {
            epoch += 1
            let link = try AMQPLink(
                configuration,
                heartbeat: configuration.heartbeat,
                epoch: epoch,
                pause: {}
            )
            try link.declare(plan.topology, pause: {})
            try link.consume(plan.queue, prefetch: plan.prefetch, tag: plan.tag)
            self.link = link
            backoff.reset()
            status.set(.connected)
        } catch {
            drop(error)
        }
    }

    private func drop(_ error: RabbitError) {
        link = nil
        // From here on, answers to what this connection delivered are stale.
        epoch += 1
        tags = OutstandingTags()
        rejections = []
        shelf.clear()
        finishStop()
        nextAttempt = .now + backoff.next()
        status.set(.down(error))
        switch error {
        case .notFound, .accessRefused, .conflict: shelf.fail(error)
        default: break
        }
    }

    // MARK: Reading

    private func readEvents() throws(RabbitError) {
        guard let link else { return }
        var arrived: [RabbitDelivery] = []
        // What came before an error is stale with it, so only a whole round is handed on.
        round: for _ in 0..<Self.eventsPerRound {
            switch try link.nextEvent() {
            case nil: break round
            case .delivered(let delivery):
                guard tags.deliver(delivery.tag) else { throw link.dead("delivery out of order") }
                arrived.append(delivery)
            case .queueGone: throw link.dead("the queue was deleted")
            case .cancelled:
                try giveRestBack(arrived, to: link)
                arrived = []
            case .confirmed, .refused, .returned, .blocked, .unblocked: continue
            }
        }
        guard !arrived.isEmpty else { return }
        delivered?.add(arrived.count, [plan.queue])
        shelf.put(arrived)
    }

    // MARK: Stopping

    private func stop(_ waiter: CheckedContinuation<Void, Never>) throws(RabbitError) {
        shelf.stop()
        stopping.append(waiter)
        guard let link, !isStopped else { return finishStop() }
        guard stopsBy == nil else { return }
        stopsBy = .now + configuration.callTimeout
        try link.cancel(plan.tag)
    }

    private func giveRestBack(_ arrived: [RabbitDelivery], to link: AMQPLink) throws(RabbitError) {
        for delivery in shelf.takeRest() + arrived where tags.answer(delivery.tag) {
            try link.giveBack(delivery.tag)
        }
        finishStop()
    }

    private func checkStop() throws(RabbitError) {
        guard let link, let stopsBy, stopsBy <= .now else { return }
        throw link.dead("no answer to a cancel")
    }

    private func finishStop() {
        guard !stopping.isEmpty else { return }
        isStopped = true
        stopsBy = nil
        for waiter in stopping { waiter.resume() }
        stopping = []
    }

    private func sleep() {
        guard !isClosing else { return }
        let now = ContinuousClock.now
        var wake = now + .seconds(3600)
        if let link {
            wake = now + link.serviceInterval
            if let stopsBy { wake = min(wake, stopsBy) }
        } else if !isStopped {
            wake = nextAttempt
        }
        _ = mailbox.wait(for: link?.descriptor, atMost: wake - now)
    }

    private func finish() {
        for letter in mailbox.close() {
            if case .stop(let waiter) = letter { stopping.append(waiter) }
        }
        shelf.stop()
        link?.close()
        link = nil
        finishStop()
        status.set(.closed)
    }
}
