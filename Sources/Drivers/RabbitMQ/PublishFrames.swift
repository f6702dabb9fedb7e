/// Many messages as bytes of AMQP 0-9-1, to be written at once.
///
/// librabbitmq writes each message with three system calls; one write for a whole batch spares
/// both sides most of their work. Layout: AMQP 0-9-1 specification 2.3.5 (frames), 4.2.6 (content).
struct PublishFrames {
    private static let methodFrame: UInt8 = 1
    private static let headerFrame: UInt8 = 2
    private static let bodyFrame: UInt8 = 3
    private static let frameEnd: UInt8 = 0xCE
    private static let basicClass: UInt16 = 60
    private static let publishMethod: UInt16 = 40
    private static let mandatory: UInt8 = 1
    /// Type, channel and size before a frame, the end mark after it.
    private static let frameOverhead = 8

    private let channel: UInt16
    private let frameLimit: Int
    private(set) var bytes: [UInt8] = []

    /// Takes the largest frame that was agreed with the server, in bytes.
    init(channel: UInt16, frameLimit: Int) {
        self.channel = channel
        self.frameLimit = frameLimit
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends a message.
    ///
    /// - Returns: false, and nothing appended, if its header cannot fit in a frame.
    mutating func append(_ message: RabbitMessage, tag: UInt64) -> Bool {
        let start = bytes.count
        appendMethod(message)
        let headerStart = beginFrame(Self.headerFrame)
        bytes.append(bigEndian: Self.basicClass)
        bytes.append(bigEndian: UInt16(0))
        bytes.append(bigEndian: UInt64(message.body.count))
        bytes.append(propertiesOf: message, tag: tag)
        endFrame(headerStart)
        guard bytes.count - headerStart <= frameLimit else {
            bytes.removeLast(bytes.count - start)
            return false
        }
        appendBody(message.body)
        return true
    }

    private mutating func appendMethod(_ message: RabbitMessage) {
        let start = beginFrame(Self.methodFrame)
        bytes.append(bigEndian: Self.basicClass)
        bytes.append(bigEndian: Self.publishMethod)
        bytes.append(bigEndian: UInt16(0))
        bytes.append(shortText: message.exchange)
        bytes.append(shortText: message.routingKey)
        bytes.append(Self.mandatory)
        endFrame(start)
    }

    private mutating func appendBody(_ body: [UInt8]) {
        var offset = 0
        while offset < body.count {
            let end = min(body.count, offset + frameLimit - Self.frameOverhead)
            let start = beginFrame(Self.bodyFrame)
            bytes.append(contentsOf: body[offset..<end])
            endFrame(start)
            offset = end
        }
    }

    private mutating func beginFrame(_ type: UInt8) -> Int {
        let start = bytes.count
        bytes.append(type)
        bytes.append(bigEndian: channel)
        bytes.append(bigEndian: UInt32(0))
        return start
    }

    private mutating func endFrame(_ start: Int) {
        bytes.set(bigEndian: UInt32(bytes.count - start - 7), at: start + 3)
        bytes.append(Self.frameEnd)
    }
}

extension [UInt8] {
    /// Appends a message's properties, with the tag as correlation id.
    mutating func append(propertiesOf message: RabbitMessage, tag: UInt64) {
        var flags: UInt16 = 1 << 12 | 1 << 10
        if !message.headers.isEmpty { flags |= 1 << 13 }
        if message.priority != nil { flags |= 1 << 11 }
        if message.expiration != nil { flags |= 1 << 8 }
        if message.messageID != nil { flags |= 1 << 7 }
        append(bigEndian: flags)
        if !message.headers.isEmpty {
            let start = count
            append(bigEndian: UInt32(0))
            for (name, value) in message.headers {
                append(shortText: name)
                append(UInt8(ascii: "S"))
                append(bigEndian: UInt32(value.utf8.count))
                append(contentsOf: value.utf8)
            }
            set(bigEndian: UInt32(count - start - 4), at: start)
        }
        append(message.persistent ? 2 : 1)
        if let priority = message.priority { append(priority) }
        append(shortText: String(tag))
        if let expiration = message.expiration {
            append(shortText: String(expiration.wholeMilliseconds))
        }
        if let messageID = message.messageID { append(shortText: messageID) }
    }

    fileprivate mutating func append<N: FixedWidthInteger>(bigEndian number: N) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func set(bigEndian number: UInt32, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: number >> 24)
        self[offset + 1] = UInt8(truncatingIfNeeded: number >> 16)
        self[offset + 2] = UInt8(truncatingIfNeeded: number >> 8)
        self[offset + 3] = UInt8(truncatingIfNeeded: number)
    }

    fileprivate mutating func append(shortText text: String) {
        append(UInt8(text.utf8.count))
        append(contentsOf: text.utf8)
    }
}
