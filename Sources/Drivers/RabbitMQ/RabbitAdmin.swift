import Blocking
import CRabbitMQ

/// Looks after queues: declares, counts, empties and deletes them, and shows dead letters.
///
/// Connects when asked something, and keeps the connection for the next question.
package actor RabbitAdmin {
    private let thread = DedicatedThread(name: "rabbit-admin")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }
    private let configuration: RabbitConfiguration
    private var link: AMQPLink?

    package init(_ configuration: RabbitConfiguration) {
        var settings = configuration
        settings.connectionName += " admin"
        self.configuration = settings
    }

    /// Makes the queues be there.
    ///
    /// - Throws: ``RabbitError/conflict(queue:reason:)`` where one exists with other arguments.
    package func declare(_ topology: [RabbitQueueDeclaration]) throws(RabbitError) {
        try call { link throws(RabbitError) in try link.declare(topology, pause: {}) }
    }

    /// Deletes a queue with all that is in it; one that is not there is fine.
    package func delete(_ queue: String) throws(RabbitError) {
        try call { link throws(RabbitError) in try link.deleteQueue(queue) }
    }

    /// Deletes what is ready in a queue, not what consumers hold.
    ///
    /// - Returns: how many messages that were.
    @discardableResult
    package func purge(_ queue: String) throws(RabbitError) -> Int {
        try call { link throws(RabbitError) in try link.purgeQueue(queue) }
    }

    /// How many messages are ready for delivery, which a quorum queue tells a moment late.
    package func messageCount(_ queue: String) throws(RabbitError) -> Int {
        try call { link throws(RabbitError) in try link.messageCount(queue) }
    }

    /// Takes messages, or looks at them: with `requeue` they go back, which counts as a delivery.
    package func get(
        _ queue: String,
        atMost limit: Int,
        requeue: Bool
    ) throws(RabbitError) -> [RabbitDelivery] {
        try call { link throws(RabbitError) in
            var all: [RabbitDelivery] = []
            while all.count < limit, let delivery = try link.get(queue) { all.append(delivery) }
            guard let last = all.last else { return all }
            if requeue {
                for delivery in all { try link.giveBack(delivery.tag) }
            } else {
                try link.acknowledge(last.tag, multiple: true)
            }
            return all
        }
    }

    /// Takes messages and keeps them unacknowledged: until ``settle(_:forget:)``, or until the
    /// connection ends, when the queue has them again.
    package func hold(_ queue: String, atMost limit: Int) throws(RabbitError) -> [RabbitDelivery] {
        try call { link throws(RabbitError) in
            var all: [RabbitDelivery] = []
            while all.count < limit, let delivery = try link.get(queue) { all.append(delivery) }
            return all
        }
    }

    /// Lets the queue forget some of the held messages, and gives back the others.
    package func settle(
        _ held: [RabbitDelivery],
        forget: (RabbitDelivery) -> Bool
    ) throws(RabbitError) {
        guard !held.isEmpty, let link else { return }
        for delivery in held {
            if forget(delivery) {
                try link.acknowledge(delivery.tag, multiple: false)
            } else {
                try link.giveBack(delivery.tag)
            }
        }
    }

    /// Closes the connection; the next question makes another.
    package func close() {
        link?.close()
        link = nil
    }

    private func call<R>(
        _ body: (AMQPLink) throws(RabbitError) -> R
    ) throws(RabbitError) -> R {
        let link = try connected()
        do { return try body(link) } catch {
            // The server closes the channel with every refusal.
            self.link = nil
            throw error
        }
    }

    private func connected() throws(RabbitError) -> AMQPLink {
        // Without heartbeats the server sends nothing unasked but a goodbye.
        if let link, !link.hasInput { return link }
        blockBrokenPipeSignal()
        let link = try AMQPLink(configuration, heartbeat: nil, pause: {})
        self.link = link
        return link
    }
}
