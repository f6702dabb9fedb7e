import Secrets
import Testing

@Suite("Secrets: tokens and redaction")
struct SecretsTokenTests {
    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    @Test(
        "SHA-256 gives the digests of FIPS 180",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ]
    )
    func digests(text: String, expected: String) {
        #expect(hexadecimal(Tokens.sha256(Array(text.utf8))) == expected)
    }

    @Test("HMAC gives the codes of RFC 4231, for short keys and long ones")
    func codes() {
        let short = Tokens.hmacSHA256(
            key: Array("Jefe".utf8),
            message: Array("what do ya want for nothing?".utf8)
        )
        #expect(
            hexadecimal(short)
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
        let long = Tokens.hmacSHA256(
            key: [UInt8](repeating: 0xAA, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        )
        #expect(
            hexadecimal(long) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        )
    }

    @Test(
        "Base64 for URLs is written and read back",
        arguments: [
            ([], ""), ([0x66], "Zg"), ([0x66, 0x6F], "Zm8"), ([0x66, 0x6F, 0x6F], "Zm9v"),
            ([0xFB, 0xFF, 0xBF], "-_-_"), ([0, 0, 0, 0], "AAAAAA"),
        ] as [([UInt8], String)]
    )
    func base64(bytes: [UInt8], text: String) {
        #expect(Tokens.base64URL(bytes) == text)
        #expect(Tokens.fromBase64URL(text) == bytes)
    }

    @Test(
        "Text that is not the one spelling of some bytes is refused",
        arguments: [
            "Z", "Zg==", "Zh", "Zm9", "+/+/", "Zm9v ", " Zm9v", "Zm9v\n", "Zm9v\0", "Zé9v", "=",
        ]
    )
    func badBase64(text: String) { #expect(Tokens.fromBase64URL(text) == nil) }

    @Test("Random bytes come in any number and do not repeat")
    func randomness() {
        for count in [0, 1, 31, 32, 1000] { #expect(Tokens.random(bytes: count).count == count) }
        let many = Set((0..<1000).map { _ in Tokens.random(bytes: 16) })
        #expect(many.count == 1000)
        for bytes in many { #expect(Tokens.fromBase64URL(Tokens.base64URL(bytes)) == bytes) }
    }

    @Test("Comparison knows equal from unequal")
    func comparison() {
        #expect(Tokens.equal([], []) && Tokens.equal([1, 2], [1, 2]))
        #expect(
            !Tokens.equal([1, 2], [1, 3]) && !Tokens.equal([1], [1, 2]) && !Tokens.equal([], [0])
        )
    }

    @Test("Keys of different purposes differ, and stay the same for the same")
    func derivation() {
        let key = [UInt8](repeating: 7, count: 32)
        #expect(Tokens.derive(key, purpose: "a") == Tokens.derive(key, purpose: "a"))
        #expect(Tokens.derive(key, purpose: "a") != Tokens.derive(key, purpose: "b"))
        #expect(Tokens.derive(key, purpose: "a").count == 32)
    }

    @Test("A redacted text shows nothing, whichever way it is printed")
    func redaction() {
        struct Holder { let user = "u", password: RedactedString = "hunter2" }
        let secret = RedactedString("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        dump(Holder(), to: &dumped)
        dump([secret], to: &dumped)
        let shown = [
            "\(secret)", String(describing: secret), String(reflecting: secret), secret.description,
            secret.debugDescription, "\([secret])", "\(["k": secret])",
            "\(Optional(secret) as Any)",
            "\(Holder())", String(reflecting: Holder()), dumped,
            "\(Mirror(reflecting: secret).children.map { "\($0)" })",
        ]
        for text in shown { #expect(!text.contains("hunter")) }
        #expect("\(secret)" == "[redacted]")
        #expect(secret.reveal() == "hunter2")
        #expect(secret == "hunter2" && secret != "hunter3" && !secret.isEmpty)
    }

    @Test("Boxes and signers do not print their keys")
    func redactedKeys() {
        var dumped = ""
        dump(SecretBox(key: [UInt8](repeating: 77, count: 32)), to: &dumped)
        dump(JWTSigner(key: [UInt8](repeating: 77, count: 32)), to: &dumped)
        #expect(!dumped.contains("77"))
        #expect(dumped.contains("SecretBox") && dumped.contains("JWTSigner"))
    }
}
