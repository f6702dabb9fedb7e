/// Rows for a COPY, in PostgreSQL's binary form, which needs no escaping.
package struct CopyRows: Sendable {
    /// The signature, no flags, no extension.
    private static let header: [UInt8] =
        Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)

    private var held: [UInt8] = header
    private let columns: Int16
    private(set) package var count = 0

    /// Rows of so many columns.
    package init(columns: Int) { self.columns = Int16(columns) }

    /// Whether there is no row.
    package var isEmpty: Bool { count == 0 }

    /// Adds a row; `fill` writes exactly as many values as there are columns.
    package mutating func row(_ fill: (inout CopyRow) -> Void) {
        append(columns)
        var row = CopyRow(bytes: held, count: 0)
        held = []
        fill(&row)
        precondition(row.count == Int(columns), "a row of \(row.count) values")
        held = row.bytes
        count += 1
    }

    private mutating func append(_ number: Int16) {
        withUnsafeBytes(of: number.bigEndian) { held.append(contentsOf: $0) }
    }

    /// All of it, with the mark of the end.
    var bytes: [UInt8] { held + [0xFF, 0xFF] }
}

/// One row of a COPY: its values are added from left to right.
package struct CopyRow {
    fileprivate(set) var bytes: [UInt8]
    fileprivate(set) var count: Int

    /// A `text`, or null.
    package mutating func text(_ text: String?) {
        count += 1
        guard var text else { return null() }
        text.withUTF8 { utf8 in
            length(utf8.count)
            bytes.append(contentsOf: utf8)
        }
    }

    /// A `bigint`, or null.
    package mutating func int(_ number: Int64?) {
        count += 1
        guard let number else { return null() }
        length(8)
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// A `boolean`.
    package mutating func bool(_ value: Bool) {
        count += 1
        length(1)
        bytes.append(value ? 1 : 0)
    }

    private mutating func null() { length(-1) }

    private mutating func length(_ count: Int) {
        withUnsafeBytes(of: Int32(count).bigEndian) { bytes.append(contentsOf: $0) }
    }
}
