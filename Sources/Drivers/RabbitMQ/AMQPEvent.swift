import CRabbitMQ

/// What the server says on its own.
enum AMQPEvent {
    case confirmed(UInt64, multiple: Bool)
    case refused(UInt64, multiple: Bool)
    /// No queue took the message of that tag.
    case returned(UInt64, code: Int, text: String)
    case delivered(RabbitDelivery)
    /// The server is short of memory or disk: it reads nothing more from publishers.
    case blocked(String)
    case unblocked
    /// The consumer's queue was deleted.
    case queueGone
    /// Deliveries have stopped, as asked for.
    case cancelled
}

/// A message whose frames are still coming: its method, then its header, then its body in parts.
struct PartialContent {
    private let isReturn: Bool
    private let tag: UInt64
    private let redelivered: Bool
    private let code: Int
    private let text: String
    private let exchange: String
    private let routingKey: String
    private var size: Int?
    private var body: [UInt8] = []
    private var headers: [(String, String)] = []
    private var deliveryCount: Int?
    private var messageID: String?
    private var correlationID: String?

    init(_ frame: crabbit_frame) {
        isReturn = frame.kind == CRABBIT_RETURN
        tag = frame.tag
        redelivered = frame.redelivered
        code = Int(frame.code)
        text = String(copying: frame.text)
        exchange = String(copying: frame.exchange)
        routingKey = String(copying: frame.routing_key)
    }

    var isComplete: Bool { size == body.count }

    mutating func takeHeader(_ frame: crabbit_frame) {
        // The largest message of RabbitMQ 3.10 has 512 MiB; no more is reserved on a peer's word.
        size = Int(clamping: frame.body_size)
        body.reserveCapacity(min(size ?? 0, 1 << 20))
        if let properties = frame.properties { takeProperties(properties) }
    }

    mutating func takeBody(_ frame: crabbit_frame) {
        let part = UnsafeRawBufferPointer(start: frame.fragment.bytes, count: frame.fragment.len)
        body.append(contentsOf: part)
    }

    /// The whole message; nil for a returned one that does not say which it is.
    func event(epoch: Int) -> AMQPEvent? {
        if isReturn {
            guard let tag = correlationID.flatMap({ UInt64($0) }) else { return nil }
            return .returned(tag, code: code, text: text)
        }
        return .delivered(delivery(epoch: epoch))
    }

    /// The message as a delivery of an epoch.
    func delivery(epoch: Int) -> RabbitDelivery {
        RabbitDelivery(
            body: body,
            headers: headers,
            exchange: exchange,
            routingKey: routingKey,
            messageID: messageID,
            redelivered: redelivered,
            deliveryCount: deliveryCount,
            tag: tag,
            epoch: epoch
        )
    }

    private mutating func takeProperties(_ properties: UnsafePointer<amqp_basic_properties_t>) {
        correlationID = String(copyingIfPresent: crabbit_correlation_id(properties))
        messageID = String(copyingIfPresent: crabbit_message_id(properties))
        guard crabbit_has_headers(properties) else { return }
        for index in 0..<properties.pointee.headers.num_entries {
            let header = crabbit_header_at(properties, index)
            let name = String(copying: header.key)
            switch header.kind {
            case CRABBIT_TEXT: headers.append((name, String(copying: header.text)))
            case CRABBIT_FLAG: headers.append((name, header.number == 0 ? "false" : "true"))
            case CRABBIT_NUMBER:
                headers.append((name, String(header.number)))
                if name == "x-delivery-count" { deliveryCount = Int(header.number) }
            default: continue
            }
        }
    }
}

extension String {
    /// Copies bytes that the library owns.
    init(copying bytes: amqp_bytes_t) {
        self.init(
            decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len),
            as: UTF8.self
        )
    }

    init?(copyingIfPresent bytes: amqp_bytes_t) {
        guard bytes.bytes != nil else { return nil }
        self.init(copying: bytes)
    }
}
