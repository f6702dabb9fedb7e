import JSON

/// The rows of an instrument file that may be shares, each as its own JSON text.
///
/// Contracts are nine of ten rows: they are stepped over without a tree being made of them. The text
/// comes part by part, and no more of it is held than a part and a row.
struct UpstoxInstrumentRows {
    /// Gives the next part of the text; nil at its end.
    typealias Source = () throws -> [UInt8]?

    /// Real ones have some hundred bytes.
    private static let longestRow = 1 << 20

    private let source: Source
    private var bytes: [UInt8] = []
    private var position = 0
    /// How much of the text came before `bytes`.
    private var passed = 0
    private var isBegun = false
    private var isOver = false

    init(_ source: @escaping Source) { self.source = source }

    /// The next row that has a text ending in `_EQ`, as the segments of shares do; nil at the end.
    mutating func next() throws -> [UInt8]? {
        if isOver { return nil }
        while try comeToRow() {
            let (end, mayBeShare) = try rowEnd()
            let row = mayBeShare ? Array(bytes[position..<end]) : nil
            position = end
            if let row { return row }
        }
        return nil
    }

    /// Goes to the next row's first byte; false where the array ends.
    private mutating func comeToRow() throws -> Bool {
        try skipSpace()
        if !isBegun {
            guard take(UInt8(ascii: "[")) else { throw fault("expected an array") }
            isBegun = true
        } else if !take(UInt8(ascii: ",")) {
            guard take(UInt8(ascii: "]")) else { throw fault("expected a comma or the end") }
            isOver = true
            return false
        }
        try skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "{") { return true }
        guard take(UInt8(ascii: "]")) else { throw fault("expected a row") }
        isOver = true
        return false
    }

    /// Where the row that begins here ends, after taking in as much more of the text as it needs.
    private mutating func rowEnd() throws -> (end: Int, mayBeShare: Bool) {
        while true {
            let start = position
            let found = bytes.withUnsafeBufferPointer { Self.row($0, from: start) }
            if let found { return found }
            guard bytes.count - start <= Self.longestRow else { throw fault("a row without end") }
            guard try takeMore() else {
                position = bytes.count
                throw fault("the text ends in a row")
            }
        }
    }

    /// Appends the next part to what is not read yet; false at the end of the text.
    private mutating func takeMore() throws -> Bool {
        guard let part = try source() else { return false }
        passed += position
        bytes.removeFirst(position)
        bytes += part
        position = 0
        return true
    }

    /// Where the object that begins here ends, and whether a text in it ends in `_EQ`; nil where the
    /// bytes end before it does.
    private static func row(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int)
        -> (end: Int, mayBeShare: Bool)?
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
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() throws {
        while true {
            while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
                position += 1
            }
            guard position >= bytes.count else { return }
            guard try takeMore() else { return }
        }
    }

    private func fault(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: passed + position, reason: reason)
    }
}
