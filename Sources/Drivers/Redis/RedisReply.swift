import CHiredis

/// What Redis answered to one command.
package enum RedisReply: Sendable, Equatable {
    case null
    case integer(Int64)
    case string([UInt8])
    case status(String)
    case array([RedisReply])
    case error(String)

    /// A string or status as text; nil for anything else, and for bytes that are not UTF-8.
    package var text: String? {
        switch self {
        case .string(let bytes): String(validating: bytes, as: UTF8.self)
        case .status(let text): text
        case .null, .integer, .array, .error: nil
        }
    }

    /// An integer, or a string that is one.
    package var integer: Int64? {
        if case .integer(let number) = self { return number }
        return text.flatMap { Int64($0) }
    }

    /// A string's bytes.
    package var bytes: [UInt8]? {
        guard case .string(let bytes) = self else { return nil }
        return bytes
    }

    /// An array's elements.
    package var array: [RedisReply]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}

extension RedisReply {
    /// Copies a reply of the library; its nesting is bounded by the library's reader.
    init(copying reply: UnsafePointer<redisReply>) {
        let value = reply.pointee
        switch value.type {
        case REDIS_REPLY_INTEGER: self = .integer(value.integer)
        case REDIS_REPLY_STRING: self = .string(Array(Self.bytes(value)))
        case REDIS_REPLY_STATUS: self = .status(String(decoding: Self.bytes(value), as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: Self.bytes(value), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: value.element, count: value.elements)
            self = .array(elements.map { $0.map { RedisReply(copying: $0) } ?? .null })
        default: self = .null
        }
    }

    private static func bytes(_ reply: redisReply) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: reply.str, count: reply.len)
    }
}
