/// One message to publish.
///
/// The correlation id is the publisher's own: it tells which message the server gave back.
package struct RabbitMessage: Sendable {
    package let exchange: String
    package let routingKey: String
    package let body: [UInt8]
    package let headers: [(String, String)]
    package let messageID: String?
    package let priority: UInt8?
    /// How long it may wait in a queue before it becomes a dead letter.
    package let expiration: Duration?
    /// Whether it outlives a restart of the server; quorum queues keep it either way.
    package let persistent: Bool

    /// Names have at most 255 bytes, headers 64 KiB altogether: limits of AMQP and its frames.
    package init(
        exchange: String = "",
        routingKey: String,
        body: [UInt8],
        headers: [(String, String)] = [],
        messageID: String? = nil,
        priority: UInt8? = nil,
        expiration: Duration? = nil,
        persistent: Bool = true
    ) {
        precondition(exchange.utf8.count <= 255 && routingKey.utf8.count <= 255, "name too long")
        precondition((messageID?.utf8.count ?? 0) <= 255, "message id too long")
        precondition(expiration.map { $0 >= .zero } ?? true, "expires before it is sent")
        var size = 0
        for (name, value) in headers {
            precondition(name.utf8.count <= 255, "header's name too long")
            size += name.utf8.count + value.utf8.count
        }
        precondition(size <= 65_536, "headers too long")
        self.exchange = exchange
        self.routingKey = routingKey
        self.body = body
        self.headers = headers
        self.messageID = messageID
        self.priority = priority
        self.expiration = expiration
        self.persistent = persistent
    }
}

/// What became of one message, sorted by what the caller must do.
package enum PublishOutcome: Sendable, Equatable {
    /// The server took it over and will not lose it.
    case confirmed
    /// There is no queue for it.
    case returned(code: Int, text: String)
    /// The server took it not, such as for a full queue.
    case refused
    /// The connection was lost before the confirm: it may or may not be in the queue.
    case unknown
    /// No byte of it left: safe to publish again.
    case notSent
}
