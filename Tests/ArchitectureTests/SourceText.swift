/// A Swift file's text, taken apart: what is code, and what is comment.
///
/// Both keep the lines of the file. Whatever stands in a string literal is in neither of them, but
/// for the expressions inside `\(…)`, which are code.
struct SourceText {
    private(set) var code: [String] = []
    private(set) var comments: [String] = []

    init(_ text: String) {
        var scanner = SourceScanner(text)
        scanner.scan()
        code = Self.lines(scanner.code)
        comments = Self.lines(scanner.comments)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Walks through Swift source once, knowing of literals and comments, and of nothing else.
private struct SourceScanner {
    private enum Frame {
        /// Code, with the parentheses that are open in it since the frame began.
        case code(open: Int)
        case string(hashes: Int, isLong: Bool)
    }

    /// The bytes that can mean something else than themselves.
    private static let marksInCode = Array("/#\"()".utf8)
    private static let marksInString = Array("\"\\\n".utf8)

    private let source: [UInt8]
    private var position = 0
    private var frames: [Frame] = [.code(open: 0)]
    private(set) var code: [UInt8] = []
    private(set) var comments: [UInt8] = []

    init(_ text: String) {
        source = Array(text.utf8)
    }

    mutating func scan() {
        while position < source.count {
            switch frames[frames.count - 1] {
            case .code(let open): scanCode(open: open)
            case .string(let hashes, let isLong): scanString(hashes: hashes, isLong: isLong)
            }
        }
    }

    private mutating func scanCode(open: Int) {
        if !Self.marksInCode.contains(source[position]) {
            takeCode()
        } else if isNext("//") {
            while position < source.count, source[position] != UInt8(ascii: "\n") { takeComment() }
        } else if isNext("/*") {
            scanBlockComment()
        } else if let hashes = hashesBeforeQuote() {
            position += hashes
            let isLong = isNext("\"\"\"")
            position += isLong ? 3 : 1
            frames.append(.string(hashes: hashes, isLong: isLong))
        } else if isNext("("), frames.count > 1 {
            frames[frames.count - 1] = .code(open: open + 1)
            takeCode()
        } else if isNext(")"), frames.count > 1 {
            if open == 0 {
                frames.removeLast()
                position += 1
            } else {
                frames[frames.count - 1] = .code(open: open - 1)
                takeCode()
            }
        } else {
            takeCode()
        }
    }

    private mutating func scanBlockComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                takeComment()
            } else if isNext("*/") {
                depth -= 1
                takeComment()
            }
            takeComment()
        } while depth > 0 && position < source.count
    }

    private mutating func scanString(hashes: Int, isLong: Bool) {
        guard Self.marksInString.contains(source[position]) else {
            position += 1
            return
        }
        let marks = String(repeating: "#", count: hashes)
        if isNext((isLong ? "\"\"\"" : "\"") + marks) {
            position += (isLong ? 3 : 1) + hashes
            frames.removeLast()
        } else if isNext("\\" + marks + "(") {
            position += 2 + hashes
            frames.append(.code(open: 0))
        } else if isNext("\n") {
            endLine()
            // Only a long literal goes on: whatever was taken for a short one has ended.
            if !isLong { frames.removeLast() }
        } else if isNext("\\"), hashes == 0, position + 1 < source.count,
            source[position + 1] != UInt8(ascii: "\n")
        {
            position += 2
        } else {
            position += 1
        }
    }

    /// How many `#` stand here before a quotation mark; nil where no literal begins.
    private func hashesBeforeQuote() -> Int? {
        var end = position
        while end < source.count, source[end] == UInt8(ascii: "#") { end += 1 }
        guard end < source.count, source[end] == UInt8(ascii: "\"") else { return nil }
        return end - position
    }

    private func isNext(_ text: String) -> Bool {
        source[position...].starts(with: text.utf8)
    }

    private mutating func takeCode() {
        guard source[position] != UInt8(ascii: "\n") else { return endLine() }
        code.append(source[position])
        position += 1
    }

    private mutating func takeComment() {
        guard position < source.count else { return }
        guard source[position] != UInt8(ascii: "\n") else { return endLine() }
        comments.append(source[position])
        position += 1
    }

    private mutating func endLine() {
        code.append(UInt8(ascii: "\n"))
        comments.append(UInt8(ascii: "\n"))
        position += 1
    }
}
