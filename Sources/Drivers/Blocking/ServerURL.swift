/// The parts of a server's URL, percent-decoded: `scheme://user:password@host:port/path?name=value`.
///
/// What it cannot read it refuses with a reason that never shows the URL, since that may hold a
/// password.
package struct ServerURL: Sendable {
    /// Why a text is not such a URL.
    package struct Malformed: Error {
        package let reason: String
    }

    package let scheme: String
    package let user: String?
    package let password: String?
    package let host: String
    package let port: Int?
    /// Without its leading slash; nil where there is not even a slash.
    package let path: String?
    package let query: [(name: String, value: String)]

    package init(_ text: String) throws(Malformed) {
        guard let colon = text.firstRange(of: "://") else { throw Malformed(reason: "no scheme") }
        scheme = text[..<colon.lowerBound].lowercased()
        var rest = text[colon.upperBound...]
        if let mark = rest.firstIndex(of: "?") {
            query = try Self.query(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        } else {
            query = []
        }
        if let slash = rest.firstIndex(of: "/") {
            path = try Self.decoded(rest[rest.index(after: slash)...])
            rest = rest[..<slash]
        } else {
            path = nil
        }
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(
                separator: ":",
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            user = try Self.decoded(parts[0])
            password = parts.count == 2 ? try Self.decoded(parts[1]) : nil
            rest = rest[rest.index(after: at)...]
        } else {
            user = nil
            password = nil
        }
        (host, port) = try Self.address(rest)
    }

    /// The last value given for a name of the query.
    package func value(_ name: String) -> String? {
        query.last { $0.name == name }?.value
    }

    private static func address(_ text: Substring) throws(Malformed) -> (String, Int?) {
        var name = text
        var digits: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw Malformed(reason: "no ]") }
            name = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw Malformed(reason: "bad address") }
            digits = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            name = text[..<colon]
            digits = text[text.index(after: colon)...]
        }
        let host = try decoded(name)
        guard !host.isEmpty else { throw Malformed(reason: "no host") }
        guard let digits else { return (host, nil) }
        guard let port = UInt16(digits), port > 0 else { throw Malformed(reason: "bad port") }
        return (host, Int(port))
    }

    private static func query(_ text: Substring) throws(Malformed) -> [(
        name: String, value: String
    )] {
        var pairs: [(name: String, value: String)] = []
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count == 2 ? try decoded(halves[1]) : ""
            pairs.append((try decoded(halves[0]), value))
        }
        return pairs
    }

    private static func decoded(_ text: Substring) throws(Malformed) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy(isHexDigit),
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), code != 0
            else { throw Malformed(reason: "bad percent sign") }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw Malformed(reason: "not UTF-8")
        }
        return decoded
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
