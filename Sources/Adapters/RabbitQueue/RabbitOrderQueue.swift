package import Desk
package import RabbitMQ

/// Publishes to RabbitMQ: persistent, mandatory, confirmed.
package struct RabbitOrderQueue: OrderQueue {
    private let publisher: RabbitPublisher
    private let topology: QueueTopology
    /// Messages that wait for their confirms at once.
    private static let batch = 2_000

    package init(publisher: RabbitPublisher, topology: QueueTopology) {
        self.publisher = publisher
        self.topology = topology
    }

    package func publish(_ messages: [QueueMessage]) async -> [Bool] {
        var held: [Bool] = []
        held.reserveCapacity(messages.count)
        for start in stride(from: 0, to: messages.count, by: Self.batch) {
            let batch = messages[start..<min(start + Self.batch, messages.count)]
            let outcomes = await publisher.publish(
                batch.map { message in
                    RabbitMessage(
                        routingKey: topology.queue(for: message),
                        body: MessageText.encode(message)
                    )
                }
            )
            held += outcomes.map { outcome in
                if case .confirmed = outcome { true } else { false }
            }
        }
        return held
    }
}
