/// Keeps secrets out of the log: by the name they go under, and by what they look like.
///
/// It would rather hide too much than too little.
enum Redaction {
    static let mask = "[redacted]"

    private static let partsOfNames: [[UInt8]] = [
        "token", "password", "passwd", "passphrase", "secret", "authorization", "apikey", "totp",
        "credential", "cookie", "privatekey", "sessionid",
    ].map { Array($0.utf8) }
    private static let wholeWords: Set<[UInt8]> = Set(
        ["pin", "mpin", "otp", "pwd", "jwt", "bearer"].map { Array($0.utf8) }
    )

    /// Whether a field of this name holds a secret; case, `-`, `_` and `.` do not matter.
    static func isSecret(key: String) -> Bool { isSecret(key: Array(key.utf8)[...]) }

    static func isSecret(key: ArraySlice<UInt8>) -> Bool {
        var letters: [UInt8] = []
        var word: [UInt8] = []
        var wasLower = false
        for byte in key {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            let lower = isUpper ? byte | 0x20 : byte
            guard isAlphanumeric(lower) else {
                if wholeWords.contains(word) { return true }
                word.removeAll(keepingCapacity: true)
                continue
            }
            if isUpper && wasLower {
                if wholeWords.contains(word) { return true }
                word.removeAll(keepingCapacity: true)
            }
            wasLower = !isUpper
            word.append(lower)
            letters.append(lower)
        }
        if wholeWords.contains(word) { return true }
        return partsOfNames.contains { contains(letters, $0) }
    }

    /// Whether the value of this name may have spaces in it, as in `Authorization: token key:secret`.
    static func isAuthorization(_ name: ArraySlice<UInt8>) -> Bool {
        contains(name.map { $0 | 0x20 }, Array("authorization".utf8))
    }

    /// The text with whatever looks like a secret replaced.
    ///
    /// Such are: JSON web tokens; what follows `Bearer`; the value in `access-token=…`,
    /// `"password": "…"` and the like; the password in a URL.
    static func masked(_ text: String) -> String {
        guard mayHoldSecret(text) else { return text }
        var scanner = SecretScanner(Array(text.utf8))
        return scanner.masked()
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// Every shape has one of these bytes, or the `J` of a web token or the `B` of a bearer.
    private static func mayHoldSecret(_ text: String) -> Bool {
        text.utf8.contains {
            switch $0 {
            case UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: "%"), UInt8(ascii: "J"),
                UInt8(ascii: "B"), UInt8(ascii: "b"):
                true
            default: false
            }
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...(bytes.count - part.count)).contains {
            bytes[$0..<($0 + part.count)].elementsEqual(part)
        }
    }
}
