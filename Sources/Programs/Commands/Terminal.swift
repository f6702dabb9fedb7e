import Glibc

/// Where a command writes: results on standard output, progress on standard error.
struct Terminal: Sendable {
    let isJSON: Bool
    /// Whether progress may be drawn over itself.
    let isInteractive: Bool

    init(isJSON: Bool) {
        self.isJSON = isJSON
        isInteractive = isatty(2) == 1
    }

    func line(_ text: String) { print(Self.harmless(text)) }

    func error(_ text: String) { Self.write(Self.harmless(text) + "\n") }

    /// The text without what would drive a terminal: much of it comes from brokers and clients.
    static func harmless(_ text: String) -> String {
        let isHarmless: (Unicode.Scalar) -> Bool = { scalar in
            switch scalar.value {
            case 0x0A, 0x09: true
            case 0..<0x20, 0x7F..<0xA0: false
            // Marks that turn the direction of what is shown, so that it reads otherwise.
            case 0x202A...0x202E, 0x2066...0x2069: false
            default: true
            }
        }
        guard !text.unicodeScalars.allSatisfy(isHarmless) else { return text }
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { shown.append(isHarmless(scalar) ? scalar : "\u{FFFD}") }
        return String(shown)
    }

    /// Bytes on standard output as they are; false where it takes no more.
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Straight to the descriptor: C's `stderr` is a variable that anybody may change.
    private static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// Progress: over itself on a terminal, a line now and then elsewhere.
    func progress(_ text: String) {
        guard isInteractive else { return }
        Self.write("\r\u{1B}[2K" + text)
    }

    func endProgress() {
        guard isInteractive else { return }
        Self.write("\r\u{1B}[2K")
    }
}

/// A bar for something of which a part is done.
enum ProgressBar {
    /// `[██████░░░░] 60 %  600 of 1,000`.
    static func text(_ done: Int64, of total: Int64, width: Int = 30) -> String {
        let part = total > 0 ? Int(done * Int64(width) / total) : 0
        let percent = total > 0 ? done * 100 / total : 0
        let bar = String(repeating: "█", count: part) + String(repeating: "░", count: width - part)
        return "[\(bar)] \(percent) %  \(grouped(done)) of \(grouped(total))"
    }

    /// 1234567 as 12,34,567, as India writes it.
    static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude))
        var groups: [String] = [String(digits.suffix(3))]
        var rest = digits.dropLast(3)
        while !rest.isEmpty {
            groups.insert(String(rest.suffix(2)), at: 0)
            rest = rest.dropLast(2)
        }
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }
}

/// Rows with aligned columns.
package struct Table {
    private let header: [String]
    private var rows: [[String]] = []
    /// Columns that hold numbers stand to the right.
    private let numeric: Set<Int>

    package init(_ header: [String], numeric: Set<Int> = []) {
        self.header = header
        self.numeric = numeric
    }

    package mutating func add(_ row: [String]) { rows.append(row) }

    package var text: String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        let lines = all.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return numeric.contains(column) ? padding + cell : cell + padding
            }
            return trimmed(cells.joined(separator: "  "))
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
    }

    private func trimmed(_ line: String) -> String {
        var line = Substring(line)
        while line.last == " " { line = line.dropLast() }
        return String(line)
    }
}
