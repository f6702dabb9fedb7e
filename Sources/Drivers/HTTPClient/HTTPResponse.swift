/// A complete answer, whatever its status.
package struct HTTPResponse: Sendable {
    /// The status code.
    package let status: Int
    /// The whole body.
    package let body: [UInt8]
    /// The header lines as they came; most answers are used without a look at them.
    private let head: [UInt8]

    /// An answer put together by hand, as tests do.
    package init(
        status: Int,
        headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.init(
            status: status,
            head: headers.flatMap { Array("\($0.name): \($0.value)\r\n".utf8) },
            body: body
        )
    }

    init(status: Int, head: [UInt8], body: [UInt8]) {
        self.status = status
        self.head = head
        self.body = body
    }

    /// All header lines in order, their names in lower case.
    package var headers: [(name: String, value: String)] {
        head.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            return (
                String(decoding: line[..<colon], as: UTF8.self).lowercased(),
                String(decoding: Self.trimmed(line[(colon + 1)...]), as: UTF8.self)
            )
        }
    }

    /// The first header of that name, in whatever case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name == wanted }?.value
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text = text.dropLast() }
        return text
    }
}
