import CSodium

/// Why a sealed value was not opened, or a key not taken.
package enum SecretBoxError: Error, Equatable {
    /// Not something that a box has sealed: too short, or of an unknown version.
    case malformed
    /// Another key, another context, or altered bytes.
    case refused
    /// The key's text is neither 32 bytes in Base64 or hexadecimal, nor a passphrase long enough.
    case unusableKey
}

/// Seals small secrets, such as broker tokens, for storage (XChaCha20-Poly1305).
///
/// A sealed value is a version byte, a random nonce of 24 bytes, and the cipher text with its tag.
/// It opens only under the context it was sealed for, say `broker_account:17:token`, so a value
/// copied to another row is refused. To change the key, give the old one as a former key.
package struct SecretBox: Sendable {
    private static let version: UInt8 = 1
    private static let nonceCount = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
    private static let tagCount = Int(crypto_aead_xchacha20poly1305_ietf_ABYTES)
    /// Fewer characters can be guessed, whatever the work for each guess.
    private static let shortestPassphrase = 16

    /// The key that seals, then those that still open.
    private let keys: [[UInt8]]

    /// A box with a key of 32 bytes, which also opens what was sealed with former keys.
    package init(key: [UInt8], former: [[UInt8]] = []) {
        let all = [key] + former
        precondition(all.allSatisfy { $0.count == 32 }, "a box takes keys of 32 bytes")
        Sodium.start()
        // The caller's secret may serve other purposes too; here only a key of our own is used.
        keys = all.map { Tokens.derive($0, purpose: "secret box") }
    }

    /// A box with the key of a setting: 32 bytes in Base64 or hexadecimal, or else a passphrase.
    ///
    /// A passphrase of 16 characters or more is stretched, which takes some tens of milliseconds
    /// of the calling thread: do it once, at start.
    package init(passphraseOrBase64 text: String) throws(SecretBoxError) {
        self.init(key: try Self.key(passphraseOrBase64: text))
    }

    /// The 32 bytes that such a setting means; see ``init(passphraseOrBase64:)``.
    package static func key(passphraseOrBase64 text: String) throws(SecretBoxError) -> [UInt8] {
        Sodium.start()
        if let key = spelledKey(text) { return key }
        guard text.count >= shortestPassphrase else { throw .unusableKey }
        var key = [UInt8](repeating: 0, count: 32)
        // A fixed salt: the same passphrase must give the same key on every machine.
        let salt = Array(Tokens.sha256(Array("volley passphrase".utf8)).prefix(16))
        let code = crypto_pwhash(
            &key,
            UInt64(key.count),
            text,
            UInt64(text.utf8.count),
            salt,
            4,
            16 << 20,
            crypto_pwhash_ALG_ARGON2ID13
        )
        guard code == 0 else { throw .unusableKey }
        return key
    }

    /// The value sealed for one context; twice the same value gives different bytes.
    package func seal(_ plain: [UInt8], context: String) -> [UInt8] {
        let nonce = Tokens.random(bytes: Self.nonceCount)
        let bound = Self.bound(context)
        var cipher = [UInt8](repeating: 0, count: plain.count + Self.tagCount)
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            &cipher,
            nil,
            plain,
            UInt64(plain.count),
            bound,
            UInt64(bound.count),
            nil,
            nonce,
            keys[0]
        )
        return [Self.version] + nonce + cipher
    }

    /// Whether a value that opens was sealed with the newest key, so that it need not be sealed anew.
    package func isSealedWithNewestKey(_ sealed: [UInt8], context: String) -> Bool {
        (try? opened(sealed, context: context, with: keys.prefix(1))) != nil
    }

    /// What was sealed for this context.
    package func open(_ sealed: [UInt8], context: String) throws(SecretBoxError) -> [UInt8] {
        try opened(sealed, context: context, with: keys[...])
    }

    private func opened(_ sealed: [UInt8], context: String, with keys: ArraySlice<[UInt8]>)
        throws(SecretBoxError) -> [UInt8]
    {
        guard sealed.count >= 1 + Self.nonceCount + Self.tagCount, sealed[0] == Self.version else {
            throw .malformed
        }
        let nonce = Array(sealed[1...Self.nonceCount])
        let cipher = Array(sealed[(1 + Self.nonceCount)...])
        let bound = Self.bound(context)
        var plain = [UInt8](repeating: 0, count: cipher.count - Self.tagCount)
        for key in keys {
            let code = crypto_aead_xchacha20poly1305_ietf_decrypt(
                &plain,
                nil,
                nil,
                cipher,
                UInt64(cipher.count),
                bound,
                UInt64(bound.count),
                nonce,
                key
            )
            if code == 0 { return plain }
        }
        throw .refused
    }

    /// What the tag covers beside the cipher text.
    private static func bound(_ context: String) -> [UInt8] { [version] + Array(context.utf8) }

    private static func spelledKey(_ text: String) -> [UInt8]? {
        let variants = [
            sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
            sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING,
        ]
        for variant in variants {
            if let key = Tokens.decoded(text, variant: variant), key.count == 32 { return key }
        }
        let digits = text.utf8.map { CChar(bitPattern: $0) }
        var key = [UInt8](repeating: 0, count: 32)
        var count = 0
        let code = sodium_hex2bin(&key, key.count, digits, digits.count, nil, &count, nil)
        return code == 0 && count == 32 && digits.count == 64 ? key : nil
    }
}

extension SecretBox: CustomStringConvertible, CustomReflectable {
    package var description: String { "SecretBox" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
