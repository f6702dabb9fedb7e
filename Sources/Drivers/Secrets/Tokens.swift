import CSodium

/// Random bytes, digests and their spelling: what keys, session ids and signatures are made of.
package enum Tokens {
    /// So many bytes that nobody can guess.
    package static func random(bytes count: Int) -> [UInt8] {
        Sodium.start()
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let start = buffer.baseAddress { randombytes_buf(start, count) }
            filled = count
        }
    }

    /// The bytes in Base64 for URLs, without padding (RFC 4648, section 5).
    package static func base64URL(_ bytes: [UInt8]) -> String {
        spelled(bytes, variant: sodium_base64_VARIANT_URLSAFE_NO_PADDING)
    }

    /// The bytes in plain Base64, with padding (RFC 4648, section 4).
    package static func base64(_ bytes: [UInt8]) -> String {
        spelled(bytes, variant: sodium_base64_VARIANT_ORIGINAL)
    }

    private static func spelled(_ bytes: [UInt8], variant: CInt) -> String {
        let room = sodium_base64_encoded_len(bytes.count, variant)
        return String(unsafeUninitializedCapacity: room) { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                guard let start = $0.baseAddress else { return }
                sodium_bin2base64(start, room, bytes, bytes.count, variant)
            }
            // The last byte of the room is the zero of a C string.
            return room - 1
        }
    }

    /// What the text spells in Base64 for URLs; nil for padding, stray characters or stray bits.
    ///
    /// So every byte string has one spelling only.
    package static func fromBase64URL(_ text: String) -> [UInt8]? {
        decoded(text, variant: sodium_base64_VARIANT_URLSAFE_NO_PADDING)
    }

    /// What the text spells in plain Base64; nil where the padding is missing, and for stray ones.
    package static func fromBase64(_ text: String) -> [UInt8]? {
        decoded(text, variant: sodium_base64_VARIANT_ORIGINAL)
    }

    /// The SHA-256 digest.
    package static func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(crypto_hash_sha256_BYTES))
        crypto_hash_sha256(&digest, message, UInt64(message.count))
        return digest
    }

    /// The HMAC of a message by SHA-256, with a key of any length (RFC 2104).
    package static func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var state = crypto_auth_hmacsha256_state()
        var code = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        crypto_auth_hmacsha256_init(&state, key, key.count)
        crypto_auth_hmacsha256_update(&state, message, UInt64(message.count))
        crypto_auth_hmacsha256_final(&state, &code)
        return code
    }

    /// Whether both are the same, in a time that does not depend on where they differ.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }

    /// A key of 32 bytes for one purpose, so that one secret can serve several purposes.
    ///
    /// From the derived key neither the secret nor another purpose's key can be found.
    package static func derive(_ key: [UInt8], purpose: String) -> [UInt8] {
        hmacSHA256(key: key, message: Array("volley key 1: ".utf8) + Array(purpose.utf8))
    }

    static func decoded(_ text: String, variant: CInt) -> [UInt8]? {
        let spelled = text.utf8.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: spelled.count / 4 * 3 + 3)
        var count = 0
        var end: UnsafePointer<CChar>?
        let isWhole = spelled.withUnsafeBufferPointer { buffer in
            let code = sodium_base642bin(
                &bytes,
                bytes.count,
                buffer.baseAddress,
                buffer.count,
                nil,
                &count,
                &end,
                variant
            )
            return code == 0 && end == buffer.baseAddress.map { $0 + buffer.count }
        }
        return isWhole ? Array(bytes.prefix(count)) : nil
    }
}
