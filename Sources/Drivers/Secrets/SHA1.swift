/// SHA-1 (FIPS 180-4) and its HMAC (RFC 2104), for one-time codes alone: authenticator programs know
/// no other, and what makes SHA-1 weak elsewhere does not matter there.
enum SHA1 {
    private static let blockBytes = 64

    /// The HMAC of a message.
    static func hmac(key: [UInt8], message: [UInt8]) -> [UInt8] {
        let short = key.count > blockBytes ? digest(key) : key
        let padded = short + [UInt8](repeating: 0, count: blockBytes - short.count)
        return digest(padded.map { $0 ^ 0x5C } + digest(padded.map { $0 ^ 0x36 } + message))
    }

    /// The digest, 20 bytes.
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        let zeros = (119 - message.count % blockBytes) % blockBytes
        let bits = UInt64(message.count) * 8
        let padded =
            message + [0x80] + [UInt8](repeating: 0, count: zeros)
            + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
        for start in stride(from: 0, to: padded.count, by: blockBytes) {
            mix(padded[start..<start + blockBytes], into: &state)
        }
        return state.flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) }
        }
    }

    private static func mix(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        var words = (0..<16).map { place in
            block[(block.startIndex + 4 * place)...].prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        }
        for place in 16..<80 {
            let word =
                words[place - 3] ^ words[place - 8] ^ words[place - 14] ^ words[place - 16]
            words.append(rotate(word, 1))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for place in 0..<80 {
            let (choice, constant): (UInt32, UInt32) =
                switch place {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = rotate(a, 5) &+ choice &+ e &+ constant &+ words[place]
            (a, b, c, d, e) = (next, a, rotate(b, 30), c, d)
        }
        for (place, word) in [a, b, c, d, e].enumerated() { state[place] &+= word }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
        word << count | word >> (32 - count)
    }
}
