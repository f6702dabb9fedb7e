/// A queue as it must be: declared whenever a connection is made, harmless where it exists so.
///
/// RabbitMQ cannot change a queue's arguments: where one exists with others, declaring fails with
/// ``RabbitError/conflict(queue:reason:)``.
package struct RabbitQueueDeclaration: Sendable, Equatable {
    package enum Kind: String, Sendable { case quorum, classic }
    /// What a full queue does.
    package enum Overflow: String, Sendable {
        case dropHead = "drop-head"
        /// Publishers are told ``PublishOutcome/refused``.
        case rejectPublish = "reject-publish"
    }

    package var name: String
    package var kind: Kind
    package var isDurable: Bool
    /// Where messages go that expired, were rejected, or delivered too often; "" names the queue
    /// of the routing key.
    package var deadLetterExchange: String?
    /// nil: the key that the message had.
    package var deadLetterRoutingKey: String?
    /// Dead letters move by confirmed publishing, so none is lost; quorum queues that reject when
    /// full only.
    package var deadLettersAtLeastOnce: Bool
    /// How often a message may come back before it becomes a dead letter; quorum queues only.
    package var deliveryLimit: Int?
    package var messageTTL: Duration?
    package var maximumLength: Int?
    package var maximumBytes: Int?
    package var overflow: Overflow?
    /// The queue is deleted when nobody used it for so long.
    package var expires: Duration?
    /// One consumer at a time gets messages, the next when it goes.
    package var isSingleActiveConsumer: Bool

    package init(
        name: String,
        kind: Kind = .quorum,
        isDurable: Bool = true,
        deadLetterExchange: String? = nil,
        deadLetterRoutingKey: String? = nil,
        deadLettersAtLeastOnce: Bool = false,
        deliveryLimit: Int? = nil,
        messageTTL: Duration? = nil,
        maximumLength: Int? = nil,
        maximumBytes: Int? = nil,
        overflow: Overflow? = nil,
        expires: Duration? = nil,
        isSingleActiveConsumer: Bool = false
    ) {
        precondition(!name.isEmpty && name.utf8.count <= 255, "a queue's name has 1 to 255 bytes")
        precondition(kind == .classic || isDurable, "quorum queues are durable")
        precondition(kind == .quorum || deliveryLimit == nil, "only quorum queues count deliveries")
        precondition(
            !deadLettersAtLeastOnce
                || (kind == .quorum && deadLetterExchange != nil && overflow == .rejectPublish),
            "at-least-once dead letters need a quorum queue, an exchange, and reject-publish"
        )
        self.name = name
        self.kind = kind
        self.isDurable = isDurable
        self.deadLetterExchange = deadLetterExchange
        self.deadLetterRoutingKey = deadLetterRoutingKey
        self.deadLettersAtLeastOnce = deadLettersAtLeastOnce
        self.deliveryLimit = deliveryLimit
        self.messageTTL = messageTTL
        self.maximumLength = maximumLength
        self.maximumBytes = maximumBytes
        self.overflow = overflow
        self.expires = expires
        self.isSingleActiveConsumer = isSingleActiveConsumer
    }

    /// A value of the table of arguments.
    enum Argument: Equatable {
        case text(String)
        case number(Int64)
        case flag(Bool)
    }

    /// The arguments by their names in RabbitMQ's documents; what is nil is left to the server.
    var arguments: [(name: String, value: Argument)] {
        var list: [(name: String, value: Argument)] = [("x-queue-type", .text(kind.rawValue))]
        func add(_ name: String, _ value: Argument?) {
            if let value { list.append((name, value)) }
        }
        add("x-dead-letter-exchange", deadLetterExchange.map { .text($0) })
        add("x-dead-letter-routing-key", deadLetterRoutingKey.map { .text($0) })
        add("x-dead-letter-strategy", deadLettersAtLeastOnce ? .text("at-least-once") : nil)
        add("x-delivery-limit", deliveryLimit.map { .number(Int64($0)) })
        add("x-message-ttl", messageTTL.map { .number($0.wholeMilliseconds) })
        add("x-max-length", maximumLength.map { .number(Int64($0)) })
        add("x-max-length-bytes", maximumBytes.map { .number(Int64($0)) })
        add("x-overflow", overflow.map { .text($0.rawValue) })
        add("x-expires", expires.map { .number($0.wholeMilliseconds) })
        add("x-single-active-consumer", isSingleActiveConsumer ? .flag(true) : nil)
        return list
    }
}

extension Duration {
    /// Rounded down.
    var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
