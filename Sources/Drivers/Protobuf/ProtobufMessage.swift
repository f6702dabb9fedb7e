import CProtobuf

/// The fields of one message of Protocol Buffers, taken apart by Debian's protobuf-c.
///
/// What a number means is the reader's to know: the message itself tells only how each field is
/// written. A message within a field is taken apart when it is asked for.
package struct ProtobufMessage: Sendable {
    private enum Value: Sendable {
        case number(UInt64)
        case fraction(UInt64)
        case bytes([UInt8])
    }

    private let fields: [(number: UInt32, value: Value)]

    /// Takes these bytes apart; nil where they are no message.
    package init?(_ bytes: [UInt8]) {
        guard
            let message = bytes.withUnsafeBufferPointer({
                cprotobuf_unpack($0.baseAddress, $0.count)
            })
        else { return nil }
        defer { cprotobuf_free(message) }
        var fields: [(number: UInt32, value: Value)] = []
        let unknown = UnsafeBufferPointer<ProtobufCMessageUnknownField>(
            start: message.pointee.unknown_fields,
            count: Int(message.pointee.n_unknown_fields)
        )
        for field in unknown {
            let data = UnsafeBufferPointer<UInt8>(start: field.data, count: field.len)
            guard let value = Self.value(data, field.wire_type) else { continue }
            fields.append((field.tag, value))
        }
        self.fields = fields
    }

    private static func value(_ data: UnsafeBufferPointer<UInt8>, _ type: ProtobufCWireType)
        -> Value?
    {
        switch type {
        case PROTOBUF_C_WIRE_TYPE_VARINT: .number(number(data).value)
        case PROTOBUF_C_WIRE_TYPE_64BIT:
            data.count == 8 ? .fraction(UInt64(littleEndian: loaded(data))) : nil
        // The length that the library leaves in front is itself a number.
        case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED: .bytes(Array(data[number(data).length...]))
        // Single-precision numbers, which nobody here reads.
        default: nil
        }
    }

    private static func loaded(_ data: UnsafeBufferPointer<UInt8>) -> UInt64 {
        UnsafeRawBufferPointer(data).loadUnaligned(as: UInt64.self)
    }

    /// Seven bits in each byte, the least significant first; the last byte has its top bit clear.
    private static func number(_ data: UnsafeBufferPointer<UInt8>) -> (value: UInt64, length: Int) {
        var value: UInt64 = 0
        for (place, byte) in data.enumerated() {
            if place < 10 { value |= UInt64(byte & 0x7F) << UInt64(7 * place) }
            if byte & 0x80 == 0 { return (value, place + 1) }
        }
        return (value, data.count)
    }

    /// A whole number, of several the last one; nil where there is none.
    package func integer(_ field: UInt32) -> Int64? {
        for case (field, .number(let value)) in fields.reversed() {
            return Int64(bitPattern: value)
        }
        return nil
    }

    /// A double-precision number; nil where there is none.
    package func double(_ field: UInt32) -> Double? {
        for case (field, .fraction(let value)) in fields.reversed() {
            return Double(bitPattern: value)
        }
        return nil
    }

    /// A text; nil where there is none.
    package func text(_ field: UInt32) -> String? {
        bytes(field).last.flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// A message; nil where there is none, or where it is no message.
    package func message(_ field: UInt32) -> ProtobufMessage? {
        bytes(field).last.flatMap { ProtobufMessage($0) }
    }

    /// The messages of a field that may be repeated; those that are no messages are left out.
    package func messages(_ field: UInt32) -> [ProtobufMessage] {
        bytes(field).compactMap { ProtobufMessage($0) }
    }

    private func bytes(_ field: UInt32) -> [[UInt8]] {
        fields.compactMap { number, value in
            guard number == field, case .bytes(let bytes) = value else { return nil }
            return bytes
        }
    }
}
