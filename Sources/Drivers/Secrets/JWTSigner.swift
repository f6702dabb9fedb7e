import JSON

/// Why a token was not accepted.
package enum JWTFailure: Error, Equatable {
    /// Not a compact HS256 token whose claims are a JSON object with `exp`.
    case malformed
    /// Signed with another key, or altered.
    case badSignature
    /// The time is at or past its `exp`.
    case expired
    /// The time is before its `nbf`.
    case notYetValid
}

/// Makes and checks JSON web tokens signed with HMAC-SHA-256 (RFC 7519, compact form).
///
/// The algorithm is fixed: what a token's header says can only lead to a refusal. To change the
/// key, give the old one as a former key until the last token that it signed has ended.
package struct JWTSigner: Sendable {
    private static let header = Tokens.base64URL(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
    /// A longer text is refused unread.
    private static let longest = 8192

    /// The key that signs, then those whose signatures are still good.
    private let keys: [[UInt8]]

    /// A signer with a key of 32 bytes or more, which also believes what former keys have signed.
    package init(key: [UInt8], former: [[UInt8]] = []) {
        let all = [key] + former
        precondition(all.allSatisfy { $0.count >= 32 }, "HS256 wants keys of at least 32 bytes")
        keys = all
    }

    /// The token with these claims: a JSON object, in which `exp` (unix seconds) must be.
    package func sign(_ claimsJSON: [UInt8]) -> String {
        let signed = Self.header + "." + Tokens.base64URL(claimsJSON)
        return signed + "." + Tokens.base64URL(signature(of: signed, keys[0]))
    }

    /// The claims, as JSON, of a token that is ours and valid at `now` (unix seconds).
    ///
    /// Nothing of the token is looked into before its signature is found right.
    package func verify(_ token: String, now: Int64) throws(JWTFailure) -> [UInt8] {
        guard token.utf8.count <= Self.longest else { throw .malformed }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let claimed = Tokens.fromBase64URL(String(parts[2])) else {
            throw .malformed
        }
        let signed = "\(parts[0]).\(parts[1])"
        guard keys.contains(where: { Tokens.equal(claimed, signature(of: signed, $0)) }) else {
            throw .badSignature
        }
        guard let header = Self.object(parts[0]), header.value["alg"]?.string == "HS256",
            header.value["crit"] == nil, let claims = Self.object(parts[1])
        else { throw .malformed }
        guard let end = claims.value["exp"]?.number?.scaled(0) else { throw .malformed }
        if now >= end { throw .expired }
        if let start = claims.value["nbf"] {
            guard let start = start.number?.scaled(0) else { throw .malformed }
            if now < start { throw .notYetValid }
        }
        return claims.bytes
    }

    private func signature(of signed: String, _ key: [UInt8]) -> [UInt8] {
        Tokens.hmacSHA256(key: key, message: Array(signed.utf8))
    }

    private static func object(_ part: Substring) -> (bytes: [UInt8], value: JSONValue)? {
        guard let bytes = Tokens.fromBase64URL(String(part)),
            let value = try? JSONValue(parsing: bytes), value.object != nil
        else { return nil }
        return (bytes, value)
    }
}

extension JWTSigner: CustomStringConvertible, CustomReflectable {
    package var description: String { "JWTSigner" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
