import CZlib

/// Unpacks what gzip packed a piece at a time, so that a long text is never there as a whole.
package final class GzipReader {
    /// Unpacked at a time.
    private static let step = 256 << 10

    private let packed: [UInt8]
    private let limit: Int
    private var consumed = 0
    private var given = 0
    private var isOver = false
    /// zlib keeps the address where it was begun: one stream, which never moves.
    private let stream: UnsafeMutablePointer<z_stream>

    /// A reader of these packed bytes, which gives `limit` bytes at the most.
    package init(_ packed: [UInt8], atMost limit: Int) throws(GzipError) {
        guard packed.count <= Int(UInt32.max) else { throw .tooLong }
        self.packed = packed
        self.limit = limit
        stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard czlib_begin(stream) == Z_OK else { throw .broken }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// The next part of the text; nil at its end.
    ///
    /// Several texts packed one after the other come in a row.
    package func next() throws(GzipError) -> [UInt8]? {
        while !isOver {
            let (part, result) = inflatePart()
            given += part.count
            guard given <= limit else { throw .tooLong }
            switch result {
            case Z_OK: break
            case Z_STREAM_END:
                if consumed == packed.count {
                    isOver = true
                } else {
                    guard inflateReset(stream) == Z_OK else { throw .broken }
                }
            case Z_BUF_ERROR: throw .endsEarly
            default: throw .broken
            }
            if !part.isEmpty { return part }
        }
        return nil
    }

    private func inflatePart() -> (part: [UInt8], result: CInt) {
        var result = Z_OK
        let part = [UInt8](unsafeUninitializedCapacity: Self.step) { part, count in
            packed.withUnsafeBufferPointer { packed in
                let rest = UnsafeBufferPointer(rebasing: packed[consumed...])
                stream.pointee.next_in = UnsafeMutablePointer(mutating: rest.baseAddress)
                stream.pointee.avail_in = UInt32(rest.count)
                stream.pointee.next_out = part.baseAddress
                stream.pointee.avail_out = UInt32(part.count)
                result = inflate(stream, Z_NO_FLUSH)
                consumed = packed.count - Int(stream.pointee.avail_in)
            }
            count = part.count - Int(stream.pointee.avail_out)
        }
        return (part, result)
    }
}
