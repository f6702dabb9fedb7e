/// One pass over a text that copies it and leaves out what looks like a secret.
struct SecretScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        output.reserveCapacity(bytes.count)
    }

    mutating func masked() -> String {
        while position < bytes.count {
            if skipWebToken() || copyURLUserHidingPassword() || copyNameHidingValue() { continue }
            output.append(bytes[position])
            position += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// `eyJ` is how the Base64 of `{"` begins: a token's header, cut short or not.
    private mutating func skipWebToken() -> Bool {
        guard hasPrefix("eyJ", at: position) else { return false }
        let end = run(from: position) { Redaction.isAlphanumeric($0) || "-_.=".utf8.contains($0) }
        guard end - position >= 16 else { return false }
        hide(to: end)
        return true
    }

    /// Handles a URL: `scheme://user:password@host`.
    private mutating func copyURLUserHidingPassword() -> Bool {
        guard hasPrefix("://", at: position) else { return false }
        let start = position + 3
        let end = run(from: start) { $0 > 0x20 && !"/?#\"'<>".utf8.contains($0) }
        guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")),
            let colon = bytes[start..<at].firstIndex(of: UInt8(ascii: ":"))
        else { return false }
        copy(to: colon + 1)
        if at > position { hide(to: at) }
        return true
    }

    /// A name, and if it is a secret's and a value follows, the mask in the value's place.
    private mutating func copyNameHidingValue() -> Bool {
        let start = position
        let end = run(from: start) { Redaction.isAlphanumeric($0) || "-_.".utf8.contains($0) }
        guard end > start else { return false }
        // A web token may hide in what looks like a name: `x-eyJ…`.
        if let token = (start..<end).first(where: { hasPrefix("eyJ", at: $0) }), token > start {
            copy(to: token)
            return true
        }
        let name = bytes[start..<end]
        copy(to: end)
        if isBearer(name) {
            copySpaces()
            if position > end { hideValue(untilSpace: true) }
        } else if Redaction.isSecret(key: name), let value = startOfValue() {
            copy(to: value)
            hideValue(untilSpace: !Redaction.isAuthorization(name))
        }
        return true
    }

    private func isBearer(_ name: ArraySlice<UInt8>) -> Bool {
        name.count == 6 && zip(name, "bearer".utf8).allSatisfy { $0 | 0x20 == $1 }
    }

    /// Where the value begins if an `=` or `:` comes next, quotes and spaces around it allowed.
    private func startOfValue() -> Int? {
        var next = run(from: position) { " \t\"'\\]".utf8.contains($0) }
        if hasPrefix("%3D", at: next) || hasPrefix("%3d", at: next) {
            next += 3
        } else if next < bytes.count, "=:".utf8.contains(bytes[next]) {
            next += 1
        } else {
            return nil
        }
        return run(from: next) { " \t".utf8.contains($0) }
    }

    /// Hides a value: up to its closing quote if it is quoted, else up to what ends a word.
    ///
    /// The value of an `Authorization` header has spaces in it: it ends with its line.
    private mutating func hideValue(untilSpace: Bool) {
        if hasPrefix("\\\"", at: position) { copy(to: position + 2) }
        if position < bytes.count, "\"'".utf8.contains(bytes[position]) {
            let quote = bytes[position]
            copy(to: position + 1)
            var end = position
            while end < bytes.count, bytes[end] != quote {
                end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            if end > position { hide(to: min(end, bytes.count)) }
            return
        }
        let end = run(from: position) {
            untilSpace ? $0 > 0x20 && !"&,;\"'<>)]}\\".utf8.contains($0) : $0 >= 0x20 && $0 != 0x22
        }
        if end > position { hide(to: end) }
    }

    private mutating func copySpaces() {
        if hasPrefix("%20", at: position) { copy(to: position + 3) }
        copy(to: run(from: position) { $0 == 0x20 || $0 == UInt8(ascii: "+") })
    }

    private mutating func copy(to end: Int) {
        output.append(contentsOf: bytes[position..<end])
        position = end
    }

    private mutating func hide(to end: Int) {
        output.append(contentsOf: Redaction.mask.utf8)
        position = end
    }

    private func run(from start: Int, while belongs: (UInt8) -> Bool) -> Int {
        var end = start
        while end < bytes.count, belongs(bytes[end]) { end += 1 }
        return end
    }

    private func hasPrefix(_ text: StaticString, at start: Int) -> Bool {
        guard start + text.utf8CodeUnitCount <= bytes.count else { return false }
        return text.withUTF8Buffer { bytes[start..<(start + $0.count)].elementsEqual($0) }
    }
}
