/// One message as it came from a queue.
package struct RabbitDelivery: Sendable {
    package let body: [UInt8]
    /// The headers with texts, numbers and truth values, all as text; others (`x-death`) are left out.
    package let headers: [(String, String)]
    package let exchange: String
    package let routingKey: String
    package let messageID: String?
    /// Whether it may have been delivered before, to anybody.
    package let redelivered: Bool
    /// How often it came back to the queue; nil before the first time, and from classic queues.
    package let deliveryCount: Int?
    /// The server's number for it, unique on its channel only.
    let tag: UInt64
    /// Which of the consumer's connections it came by.
    let epoch: Int

    /// The value of the first header of that name.
    package func header(_ name: String) -> String? {
        headers.first { $0.0 == name }?.1
    }
}
