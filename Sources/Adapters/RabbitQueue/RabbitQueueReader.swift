package import Desk
package import RabbitMQ
import Synchronization

/// Reads one queue; what it cannot understand it puts aside in the dead-letter queue.
package final class RabbitQueueReader: QueueReader {
    private struct Open {
        var nextTag = 0
        var deliveries: [Int: RabbitDelivery] = [:]
    }

    private let consumer: RabbitConsumer
    private let open = Mutex(Open())

    package init(consumer: RabbitConsumer) { self.consumer = consumer }

    package func next(atMost: Int) async throws -> [Delivery] {
        while true {
            let received = try await consumer.next(atMost: atMost)
            guard !received.isEmpty else { return [] }
            let understood = received.compactMap { raw in
                MessageText.decode(raw.body).map { ($0, raw) }
            }
            if understood.count < received.count {
                consumer.reject(
                    received.filter { MessageText.decode($0.body) == nil },
                    requeue: false
                )
            }
            guard !understood.isEmpty else { continue }
            return open.withLock { open in
                understood.map { message, raw in
                    open.nextTag += 1
                    open.deliveries[open.nextTag] = raw
                    return Delivery(
                        message: message,
                        tag: open.nextTag,
                        isRepeated: raw.redelivered
                    )
                }
            }
        }
    }

    package func acknowledge(_ deliveries: [Delivery]) { consumer.ack(take(deliveries)) }

    package func giveBack(_ deliveries: [Delivery]) {
        consumer.reject(take(deliveries), requeue: true)
    }

    package func stop() async { await consumer.stop() }

    private func take(_ deliveries: [Delivery]) -> [RabbitDelivery] {
        open.withLock { open in
            deliveries.compactMap { open.deliveries.removeValue(forKey: $0.tag) }
        }
    }
}
