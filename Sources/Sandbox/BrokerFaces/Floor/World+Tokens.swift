import Exchange

extension World {
    /// A name that was not given out before, the same for the same seed and calls.
    mutating func nextSecret(_ prefix: String) -> String {
        lastToken += 1
        var stream = RandomStream(seed: seed, stream: UInt64(lastToken))
        return prefix + "-" + String(stream.next(), radix: 36) + String(stream.next(), radix: 36)
    }

    /// Something that looks like the broker's JWT: its claims can be read, its signature is noise.
    mutating func nextToken(_ client: String, _ end: Moment) -> String {
        lastToken += 1
        var stream = RandomStream(seed: seed, stream: UInt64(lastToken))
        let header = "{\"typ\":\"JWT\",\"alg\":\"HS512\"}"
        let seconds = end.microseconds / 1_000_000
        let claims = "{\"iss\":\"dhan\",\"exp\":\(seconds),\"dhanClientId\":\"\(client)\"}"
        let noise = (0..<64).map { _ in UInt8(truncatingIfNeeded: stream.next()) }
        return [Array(header.utf8), Array(claims.utf8), noise].map(Self.base64URL)
            .joined(separator: ".")
    }

    static func base64URL(_ bytes: [UInt8]) -> String {
        let letters = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8
        )
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            var digits: [UInt8] = []
            for _ in 0..<4 {
                digits.insert(letters[bits & 63], at: 0)
                bits >>= 6
            }
            text += digits.prefix(group.count + 1)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
