import CZlib

/// Why bytes could not be unpacked.
package enum GzipError: Error, Equatable {
    /// Not gzip, or damaged.
    case broken
    /// They end before the packed text does.
    case endsEarly
    /// The text is longer than was allowed.
    case tooLong
}

/// Unpacks what gzip packed (RFC 1952), by Debian's zlib.
package enum Gzip {
    /// Unpacked at a time.
    private static let step = 256 << 10

    /// Whether the bytes begin as those of gzip do.
    package static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// The text that was packed; several packed one after the other give their texts in a row.
    ///
    /// No more than `limit` bytes are ever unpacked, whatever the packed ones pretend to hold.
    package static func unpacked(_ bytes: [UInt8], atMost limit: Int) throws(GzipError) -> [UInt8] {
        guard bytes.count <= Int(UInt32.max) else { throw .tooLong }
        // zlib reads from the address where it was begun: one stream, which never moves.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard czlib_begin(stream) == Z_OK else { throw .broken }
        defer { inflateEnd(stream) }
        return try bytes.withUnsafeBufferPointer { packed throws(GzipError) in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: packed.baseAddress)
            stream.pointee.avail_in = UInt32(packed.count)
            return try unpacked(stream, limit)
        }
    }

    private static func unpacked(_ stream: UnsafeMutablePointer<z_stream>, _ limit: Int)
        throws(GzipError) -> [UInt8]
    {
        var text: [UInt8] = []
        var part = [UInt8](repeating: 0, count: step)
        while true {
            let result = part.withUnsafeMutableBufferPointer { part in
                stream.pointee.next_out = part.baseAddress
                stream.pointee.avail_out = UInt32(part.count)
                return inflate(stream, Z_NO_FLUSH)
            }
            text += part[..<(step - Int(stream.pointee.avail_out))]
            guard text.count <= limit else { throw .tooLong }
            switch result {
            case Z_OK: continue
            case Z_STREAM_END:
                guard stream.pointee.avail_in > 0 else { return text }
                guard inflateReset(stream) == Z_OK else { throw .broken }
            case Z_BUF_ERROR: throw .endsEarly
            default: throw .broken
            }
        }
    }
}
