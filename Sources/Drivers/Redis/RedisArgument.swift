/// One word of a command: any bytes.
package struct RedisArgument: Sendable, Equatable, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral
{
    package let bytes: [UInt8]

    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(_ number: some BinaryInteger) { bytes = Array(String(number).utf8) }
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(stringLiteral text: String) { self.init(text) }
    package init(integerLiteral number: Int) { self.init(number) }
}

extension [UInt8] {
    /// Appends a command as Redis reads it: each word with its length, so that any byte may be in it.
    ///
    /// Made by the caller, not on the connection's thread; see "RESP protocol spec", arrays of
    /// bulk strings.
    mutating func append(command words: [RedisArgument]) {
        precondition(!words.isEmpty, "a command has a name")
        appendLine(UInt8(ascii: "*"), words.count)
        for word in words {
            appendLine(UInt8(ascii: "$"), word.bytes.count)
            append(contentsOf: word.bytes)
            append(UInt8(ascii: "\r"))
            append(UInt8(ascii: "\n"))
        }
    }

    private mutating func appendLine(_ mark: UInt8, _ number: Int) {
        append(mark)
        append(contentsOf: String(number).utf8)
        append(UInt8(ascii: "\r"))
        append(UInt8(ascii: "\n"))
    }
}
