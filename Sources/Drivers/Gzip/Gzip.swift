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
    /// Whether the bytes begin as those of gzip do.
    package static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// The text that was packed; several packed one after the other give their texts in a row.
    ///
    /// No more than `limit` bytes are ever unpacked, whatever the packed ones pretend to hold.
    package static func unpacked(_ bytes: [UInt8], atMost limit: Int) throws(GzipError) -> [UInt8] {
        let reader = try GzipReader(bytes, atMost: limit)
        var text: [UInt8] = []
        while let part = try reader.next() { text += part }
        return text
    }
}
