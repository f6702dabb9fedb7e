/// One-time codes of authenticator programs (RFC 6238): SHA-1, steps of 30 seconds, 6 digits.
package struct OneTimeCodes: Sendable {
    package static let stepSeconds: Int64 = 30

    private let key: [UInt8]

    package init(key: [UInt8]) { self.key = key }

    /// A new key, as long as SHA-1's digest (RFC 4226, section 4).
    package static func newKey() -> [UInt8] { Tokens.random(bytes: 20) }

    /// The step in which a time (unix seconds) lies.
    package static func step(at seconds: Int64) -> Int64 { seconds / stepSeconds }

    /// The code of a step.
    package func code(_ step: Int64) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        let digest = SHA1.hmac(key: key, message: counter)
        // RFC 4226, section 5.3: four bytes from where the last four bits say, without the sign.
        let offset = Int(digest[19] & 0x0F)
        let number = digest[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The step whose code this is: the one at this time, or one beside it, since clocks differ; nil
    /// where it is none of these, or not after `last`.
    package func step(of code: String, at seconds: Int64, after last: Int64?) -> Int64? {
        let now = Self.step(at: seconds)
        let given = Array(code.utf8)
        var found: Int64?
        // All are compared, so that the time tells nothing.
        for step in [now - 1, now, now + 1] where Tokens.equal(Array(self.code(step).utf8), given) {
            found = step
        }
        guard let found, last.map({ found > $0 }) ?? true else { return nil }
        return found
    }
}
