/// A CSV text whose first record names the columns; a field is decoded when it is asked for, since of
/// most rows two or three are wanted.
package struct CSVTable: Sendable {
    private let bytes: [UInt8]
    private let columns: [String: Int]
    private var position: Int

    /// Nil where there is no header.
    package init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        // Spreadsheets put a byte order mark in front.
        position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var columns: [String: Int] = [:]
        guard let header = Self.fields(of: bytes, from: &position) else { return nil }
        for (index, range) in header.enumerated() {
            columns[CSVRow.text(bytes, range)] = index
        }
        self.columns = columns
    }

    /// Whether all of these columns are there.
    package func has(_ names: [String]) -> Bool { names.allSatisfy { columns[$0] != nil } }

    /// The next row that is not an empty line; nil at the end.
    package mutating func next() -> CSVRow? {
        Self.fields(of: bytes, from: &position).map {
            CSVRow(bytes: bytes, fields: $0, columns: columns)
        }
    }

    /// Where the fields of the next record are, quotes included; nil at the end.
    private static func fields(of bytes: [UInt8], from position: inout Int) -> [Range<Int>]? {
        bytes.withUnsafeBufferPointer { bytes in
            var place = position
            defer { position = place }
            while place < bytes.count {
                var fields: [Range<Int>] = []
                fields.reserveCapacity(48)
                var start = place
                var isOver = false
                while !isOver {
                    Self.skipField(bytes, &place)
                    fields.append(start..<place)
                    isOver = place >= bytes.count || bytes[place] != UInt8(ascii: ",")
                    if place < bytes.count { place += 1 }
                    start = place
                }
                if fields.count > 1 || !fields[0].isEmpty { return fields }
            }
            return nil
        }
    }

    /// Goes to the separator behind a field.
    ///
    /// The second byte of a line end makes an empty line.
    private static func skipField(_ bytes: UnsafeBufferPointer<UInt8>, _ place: inout Int) {
        if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
            place += 1
            while place < bytes.count {
                if bytes[place] == UInt8(ascii: "\"") {
                    place += 1
                    guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { break }
                }
                place += 1
            }
        }
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r"): return
            default: place += 1
            }
        }
    }
}

/// One row of a table.
package struct CSVRow {
    let bytes: [UInt8]
    let fields: [Range<Int>]
    let columns: [String: Int]

    /// The field in this column; empty where the row or the table has none.
    package subscript(_ name: String) -> String {
        guard let index = columns[name], index < fields.count else { return "" }
        return Self.text(bytes, fields[index])
    }

    /// Whether the field in this column is just this text, without a text being made of it.
    package func has(_ text: StaticString, in name: String) -> Bool {
        guard let index = columns[name], index < fields.count else { return false }
        let field = bytes[fields[index]]
        if text.withUTF8Buffer({ field.elementsEqual($0) }) { return true }
        let isPlain: (UInt8) -> Bool = { $0 > 0x20 && $0 != UInt8(ascii: "\"") }
        // Only what stands in quotes or among blanks may still be it.
        return field.first.map(isPlain) == true && field.last.map(isPlain) == true
            ? false : self[name] == "\(text)"
    }

    /// The text of a field: without blanks around it, or as its quotes hold it.
    static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        var field = bytes[range]
        if field.first == UInt8(ascii: "\"") { return unquoted(field.dropFirst()) }
        let isBlank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
        field = field.drop(while: isBlank)
        while let last = field.last, isBlank(last) { field = field.dropLast() }
        return String(decoding: field, as: UTF8.self)
    }

    private static func unquoted(_ field: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") {
                // What stands between a closing quote and the separator belongs to nothing.
                guard rest.first == UInt8(ascii: "\"") else { break }
                rest = rest.dropFirst()
            }
            text.append(byte)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
