/// Reads an answer just far enough to know where it ends.
struct PosterAnswer {
    enum Verdict {
        case goesOn
        case whole
        /// The connection cannot be used again: it says so, or the end of the answer is not plain.
        case last
    }

    /// More than this is not read: the answer to a notice is short.
    private static let longest = 64 << 10

    private var bytes: [UInt8] = []

    /// Begins with a new answer.
    mutating func begin() { bytes.removeAll(keepingCapacity: true) }

    /// Takes what has come of it.
    mutating func take(_ piece: UnsafeRawBufferPointer) -> Verdict {
        bytes.append(contentsOf: piece)
        while let head = Head(bytes) {
            if head.isInterim {
                bytes.removeFirst(head.length)
                continue
            }
            guard let rest = head.bodyLength, rest <= Self.longest else { return .last }
            if bytes.count < head.length + rest { return .goesOn }
            return bytes.count == head.length + rest && !head.saysClose ? .whole : .last
        }
        return bytes.count < Self.longest ? .goesOn : .last
    }

    /// The status line and the headers, as far as they matter here.
    private struct Head {
        /// In bytes, the empty line included.
        let length: Int
        private(set) var isInterim = false
        /// Nil where it is not given as a number.
        private(set) var bodyLength: Int?
        private(set) var saysClose = false

        /// Nil until all of it is there.
        init?(_ bytes: [UInt8]) {
            guard let length = Self.length(bytes) else { return nil }
            self.length = length
            guard let status = Self.status(bytes) else { return }
            isInterim = 100..<200 ~= status && status != 101
            if status == 204 || status == 304 { bodyLength = 0 }
            var start = 0
            for index in 0..<length where bytes[index] == UInt8(ascii: "\n") {
                read(bytes, start..<index)
                start = index + 1
            }
        }

        private mutating func read(_ bytes: [UInt8], _ line: Range<Int>) {
            if Self.begins(bytes, line, "content-length:"), bodyLength != 0 {
                bodyLength = Self.number(bytes, line.lowerBound + 15..<line.upperBound)
            } else if Self.begins(bytes, line, "transfer-encoding:") {
                // Chunks are not read: the answer's end would have to be looked for.
                saysClose = true
            } else if Self.begins(bytes, line, "connection:") {
                let value = String(decoding: bytes[line], as: UTF8.self).lowercased()
                saysClose = saysClose || value.contains("close")
            }
        }

        private static func length(_ bytes: [UInt8]) -> Int? {
            var index = 3
            while index < bytes.count {
                if bytes[index] == 0x0A, bytes[index - 2] == 0x0A, bytes[index - 1] == 0x0D,
                    bytes[index - 3] == 0x0D
                {
                    return index + 1
                }
                index += 1
            }
            return nil
        }

        /// The number in `HTTP/1.1 204 No Content`; nil of HTTP 1.0, whose connections end.
        private static func status(_ bytes: [UInt8]) -> Int? {
            guard begins(bytes, 0..<bytes.count, "http/1.1 "), bytes.count > 12 else { return nil }
            return number(bytes, 9..<12)
        }

        private static func begins(_ bytes: [UInt8], _ line: Range<Int>, _ name: StaticString)
            -> Bool
        {
            let count = name.utf8CodeUnitCount
            guard line.count >= count else { return false }
            for offset in 0..<count {
                let byte = bytes[line.lowerBound + offset]
                let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
                if (isUpper ? byte | 0x20 : byte) != name.utf8Start[offset] { return false }
            }
            return true
        }

        /// Digits with spaces around; nil for anything else, and above a thousand million.
        private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
            var value: Int?
            for index in range {
                let byte = bytes[index]
                if byte == 0x20 || byte == 0x09 || byte == 0x0D { continue }
                guard byte >= 0x30, byte <= 0x39, value ?? 0 < 1_000_000_000 else { return nil }
                value = (value ?? 0) * 10 + Int(byte - 0x30)
            }
            return value
        }
    }
}
