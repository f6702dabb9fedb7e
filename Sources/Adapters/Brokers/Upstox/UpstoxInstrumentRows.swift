import JSON

/// The rows of an instrument file that may be shares, each as its own JSON text.
///
/// Contracts are nine of ten rows: they are stepped over without a tree being made of them.
struct UpstoxInstrumentRows {
    private let bytes: [UInt8]
    private var position = 0
    private var isBegun = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next row that has a text ending in `_EQ`, as the segments of shares do; nil at the end.
    mutating func next() throws(JSONSyntaxError) -> [UInt8]? {
        while try comeToRow() {
            let start = position
            let (end, mayBeShare) = try bytes.withUnsafeBufferPointer {
                buffer throws(JSONSyntaxError) in
                try Self.row(buffer, from: start)
            }
            position = end
            if mayBeShare { return Array(bytes[start..<end]) }
        }
        return nil
    }

    /// Goes to the next row's first byte; false where the array ends.
    private mutating func comeToRow() throws(JSONSyntaxError) -> Bool {
        skipSpace()
        if !isBegun {
            guard take(UInt8(ascii: "[")) else { throw fault("expected an array") }
            isBegun = true
        } else if !take(UInt8(ascii: ",")) {
            guard take(UInt8(ascii: "]")) else { throw fault("expected a comma or the end") }
            return false
        }
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "{") { return true }
        guard take(UInt8(ascii: "]")) else { throw fault("expected a row") }
        return false
    }

    /// Where the object that begins here ends, and whether a text in it ends in `_EQ`.
    private static func row(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int)
        throws(JSONSyntaxError) -> (end: Int, mayBeShare: Bool)
    {
        var position = start
        var depth = 0
        var mayBeShare = false
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return (position + 1, mayBeShare) }
            case UInt8(ascii: "\""):
                position += 1
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                    position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                if position >= 3, position < bytes.count, bytes[position - 1] == UInt8(ascii: "Q"),
                    bytes[position - 2] == UInt8(ascii: "E"),
                    bytes[position - 3] == UInt8(ascii: "_")
                {
                    mayBeShare = true
                }
            default: break
            }
            position += 1
        }
        throw JSONSyntaxError(offset: position, reason: "the text ends in a row")
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
        }
    }

    private func fault(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, reason: reason)
    }
}
