/// PostgreSQL's binary forms of single values.
///
/// The server sent them and the type was checked, so a wrong length is a defect.
enum BinaryValue {
    static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        switch bytes.count {
        case 8: Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
        case 4: Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
        case 2: Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        default: preconditionFailure("an integer of \(bytes.count) bytes")
        }
    }

    static func bool(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes[0] != 0 }

    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Its text, after the one byte that says the version.
    static func jsonb(_ bytes: UnsafeRawBufferPointer) -> String {
        text(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
    }

    /// In the usual form, 8-4-4-4-12.
    static func uuid(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func bytes(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { Array(bytes) }

    static func time(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        PostgresEpoch.fromServer(microseconds: integer(bytes))
    }

    static func date(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        PostgresEpoch.fromServer(days: Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)))
    }
}

/// PostgreSQL's binary form of an array: dimensions, element type, then elements with lengths.
struct BinaryArray {
    private let bytes: UnsafeRawBufferPointer
    private let type: UInt32
    private let count: Int

    /// nil where it is no array, or has more than one dimension.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 12 else { return nil }
        func number(at offset: Int) -> UInt32 {
            UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        type = number(at: 8)
        switch number(at: 0) {
        case 0:
            count = 0
            self.bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        case 1 where bytes.count >= 20:
            count = Int(number(at: 12))
            self.bytes = UnsafeRawBufferPointer(rebasing: bytes[20...])
        default: return nil
        }
        // Each element has at least its length.
        guard count * 4 <= self.bytes.count else { return nil }
    }

    /// The decoded elements; nil where they are of another type.
    func elements<T>(
        ofType isWanted: (UInt32) -> Bool,
        _ decode: (UnsafeRawBufferPointer) -> T
    ) -> [T?]? {
        guard isWanted(type) else { return nil }
        var decoded: [T?] = []
        decoded.reserveCapacity(count)
        var offset = 0
        for _ in 0..<count {
            let length = Int(
                Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
            )
            offset += 4
            if length < 0 {
                decoded.append(nil)
            } else {
                decoded.append(
                    decode(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)]))
                )
                offset += length
            }
        }
        return decoded
    }
}
