import CSodium

/// A key that signs, and the public key by which others check it (Ed25519, RFC 8032).
package struct SigningKey: Sendable {
    package static let seedCount = Int(crypto_sign_SEEDBYTES)

    /// 32 bytes, which anybody may know.
    package let publicKey: [UInt8]
    private let secret: [UInt8]

    /// The key that grows from these 32 bytes, always the same.
    package init(seed: [UInt8]) {
        precondition(seed.count == Self.seedCount, "a key grows from 32 bytes")
        Sodium.start()
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        var secret = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        crypto_sign_seed_keypair(&publicKey, &secret, seed)
        self.publicKey = publicKey
        self.secret = secret
    }

    /// A new key that nobody can guess.
    package init() { self.init(seed: Tokens.random(bytes: Self.seedCount)) }

    /// The signature of a message: 64 bytes.
    package func signature(of message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
        return signature
    }

    /// Whether a signature of a message was made by the key with this public half.
    package static func verifies(
        _ signature: [UInt8],
        of message: [UInt8],
        by publicKey: [UInt8]
    ) -> Bool {
        guard signature.count == Int(crypto_sign_BYTES),
            publicKey.count == Int(crypto_sign_PUBLICKEYBYTES)
        else { return false }
        Sodium.start()
        return crypto_sign_verify_detached(
            signature,
            message,
            UInt64(message.count),
            publicKey
        ) == 0
    }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
    package var description: String { "SigningKey" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
