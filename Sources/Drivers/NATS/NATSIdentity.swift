import JSON
package import Secrets

/// A user's key pair, as NATS spells it ("nkeys").
package struct NATSUserKey: Sendable {
    /// What public keys of users begin with, so that their text begins with `U`.
    private static let user: UInt8 = 20 << 3
    private let key: SigningKey

    /// The pair of a key; nobody can guess a new one.
    package init(_ key: SigningKey = SigningKey()) { self.key = key }

    /// The public half: in Base32 the kind, 32 bytes, and a checksum of both.
    package var publicText: String {
        let marked = [Self.user] + key.publicKey
        let sum = Self.checksum(marked)
        return Base32.text(marked + [UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8)])
    }

    /// The signature of what the server wants signed, in Base64.
    func signature(of nonce: String) -> String {
        Tokens.base64(key.signature(of: Array(nonce.utf8)))
    }

    /// CRC-16 of the polynomial 0x1021 (XMODEM).
    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        bytes.reduce(0) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte) << 8) { sum, _ in
                sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021
            }
        }
    }
}

/// Who we are to a server: a token that names a user, and that user's key.
package struct NATSIdentity: Sendable {
    private let token: RedactedString
    private let key: NATSUserKey

    package init(token: RedactedString, key: NATSUserKey) {
        self.token = token
        self.key = key
    }

    /// The first line to a server that wants `nonce` signed; it holds the token.
    func introduction(signing nonce: String) -> [UInt8] {
        var members = JSONWriter(capacity: 2_048)
        members.beginObject()
        members.field("echo", true)
        members.field("headers", true)
        members.field("jwt", token.reveal())
        members.field("lang", "swift")
        members.field("no_responders", true)
        members.field("pedantic", false)
        members.field("protocol", 1)
        members.field("sig", key.signature(of: nonce))
        members.field("verbose", false)
        members.field("version", "1.0.0")
        members.endObject()
        return Array("CONNECT ".utf8) + members.bytes + Array("\r\n".utf8)
    }

    /// Words of a server without the token, which it may repeat.
    func hidden(_ words: String) -> String {
        token.isEmpty ? words : words.replacing(token.reveal(), with: "[redacted]")
    }
}
