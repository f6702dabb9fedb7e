import Secrets
import Testing

@Suite("Secrets: web tokens")
struct SecretsJWTTests {
    private let key = [UInt8](repeating: 9, count: 32)
    private var signer: JWTSigner { JWTSigner(key: key) }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    /// A token with a header of the test's, rightly signed.
    private func signed(header: String, claims: String) -> String {
        let text = Tokens.base64URL(bytes(header)) + "." + Tokens.base64URL(bytes(claims))
        return text + "." + Tokens.base64URL(Tokens.hmacSHA256(key: key, message: bytes(text)))
    }

    @Test("The token of RFC 7515, appendix A.1, is accepted until it expires")
    func knownToken() throws {
        let text =
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
        let signer = JWTSigner(key: try #require(Tokens.fromBase64URL(text)))
        let token =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let claims = try signer.verify(token, now: 1_300_819_379)
        #expect(String(decoding: claims, as: UTF8.self).hasPrefix(#"{"iss":"joe""#))
        #expect(throws: JWTFailure.expired) { try signer.verify(token, now: 1_300_819_380) }
    }

    @Test("What is signed comes back as it was")
    func roundTrip() throws {
        let claims = bytes(#"{"sub":"7","exp":2000,"name":"é"}"#)
        let token = signer.sign(claims)
        #expect(token.hasPrefix("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."))
        #expect(try signer.verify(token, now: 1999) == claims)
    }

    @Test("A token is valid from its nbf until before its exp")
    func times() throws {
        let token = signer.sign(bytes(#"{"nbf":1000,"exp":2000}"#))
        #expect(throws: JWTFailure.notYetValid) { try signer.verify(token, now: 999) }
        #expect(throws: Never.self) { try signer.verify(token, now: 1000) }
        #expect(throws: Never.self) { try signer.verify(token, now: 1999) }
        #expect(throws: JWTFailure.expired) { try signer.verify(token, now: 2000) }
    }

    @Test(
        "Claims that are no object with a readable exp are refused",
        arguments: [
            "{}", "[]", "7", "", "{", #"{"exp":"2000"}"#, #"{"exp":null}"#, #"{"exp":1.5}"#,
            #"{"exp":1e40}"#, #"{"exp":2000,"nbf":"1"}"#, #"{"exp":1,"exp":2000}"#,
        ]
    )
    func badClaims(claims: String) {
        #expect(throws: JWTFailure.malformed) {
            try signer.verify(signer.sign(bytes(claims)), now: 0)
        }
    }

    @Test(
        "Another algorithm is refused even if the signature is right",
        arguments: [
            #"{"alg":"none"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#, #"{"alg":"hs256"}"#,
            #"{"typ":"JWT"}"#, #"{"alg":"HS256","crit":["x"]}"#, #"{"alg":["HS256"]}"#, "[]",
        ]
    )
    func algorithms(header: String) {
        let token = signed(header: header, claims: #"{"exp":2000}"#)
        #expect(throws: JWTFailure.malformed) { try signer.verify(token, now: 0) }
    }

    @Test("An unsigned token, a wrong key or a changed character is refused")
    func tampering() throws {
        let token = signer.sign(bytes(#"{"sub":"7","exp":2000}"#))
        let other = JWTSigner(key: [UInt8](repeating: 8, count: 32))
        #expect(throws: JWTFailure.badSignature) { try other.verify(token, now: 0) }
        let cut = token.lastIndex(of: ".").map { String(token[...$0]) } ?? ""
        #expect(throws: JWTFailure.badSignature) { try signer.verify(cut, now: 0) }
        let none = Tokens.base64URL(bytes(#"{"alg":"none"}"#))
        let claims = Tokens.base64URL(bytes(#"{"exp":2000}"#))
        #expect(throws: JWTFailure.badSignature) { try signer.verify("\(none).\(claims).", now: 0) }
        for position in token.indices {
            var changed = token
            changed.replaceSubrange(position...position, with: token[position] == "A" ? "B" : "A")
            #expect(throws: JWTFailure.self) { try signer.verify(changed, now: 0) }
        }
    }

    @Test(
        "Text that is no token is malformed",
        arguments: [
            "", ".", "..", "a.b", "a.b.c.d", "a.b.c=", "a.b.é", "a.b.!",
            String(repeating: "a.", count: 9000),
        ]
    )
    func noToken(text: String) {
        #expect(throws: text == ".." ? JWTFailure.badSignature : .malformed) {
            try signer.verify(text, now: 0)
        }
    }

    @Test("A key too short for the algorithm is a defect")
    func shortKey() async {
        await #expect(processExitsWith: .failure) {
            _ = JWTSigner(key: [1, 2, 3])
        }
    }
}
