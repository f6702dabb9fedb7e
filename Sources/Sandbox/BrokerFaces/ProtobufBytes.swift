/// Writes one message of Protocol Buffers: each field behind its number and kind.
struct ProtobufBytes {
    private(set) var bytes: [UInt8] = []

    /// A whole number; zero is not written, as version 3 of the language has it.
    mutating func integer(_ field: Int, _ number: Int64) {
        guard number != 0 else { return }
        tag(field, 0)
        varint(UInt64(bitPattern: number))
    }

    /// A double-precision number; zero is not written.
    mutating func double(_ field: Int, _ number: Double) {
        guard number != 0 else { return }
        tag(field, 1)
        for place in 0..<8 {
            bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> (8 * UInt64(place))))
        }
    }

    mutating func text(_ field: Int, _ text: String) { block(field, Array(text.utf8)) }

    /// A message within, written also where it is empty.
    mutating func message(_ field: Int, _ fill: (inout ProtobufBytes) -> Void) {
        var inner = ProtobufBytes()
        fill(&inner)
        block(field, inner.bytes)
    }

    private mutating func block(_ field: Int, _ content: [UInt8]) {
        tag(field, 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func tag(_ field: Int, _ kind: UInt64) { varint(UInt64(field) << 3 | kind) }

    private mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
