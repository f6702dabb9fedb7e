import Testing

@testable import Secrets

@Suite("One-time codes") struct OneTimeCodeTests {
    private let codes = OneTimeCodes(key: Array("12345678901234567890".utf8))

    @Test(
        "The codes are those of RFC 6238, appendix B, by SHA-1, their last six digits",
        arguments: [
            (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"),
            (1_234_567_890, "005924"), (2_000_000_000, "279037"), (20_000_000_000, "353130"),
        ] as [(Int64, String)]
    )
    func vectors(_ time: Int64, _ code: String) {
        #expect(codes.code(OneTimeCodes.step(at: time)) == code)
    }

    @Test(
        "SHA-1 is that of FIPS 180-4, at every length around a block",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (
                String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"
            ),
            (
                String(repeating: "a", count: 119), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"
            ),
        ]
    )
    func digests(_ text: String, _ hex: String) {
        let digest = SHA1.digest(Array(text.utf8))
        let spelled = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(spelled == hex)
    }

    @Test("HMAC-SHA-1 is that of RFC 2202, also with a key longer than a block")
    func hmac() {
        let cases: [([UInt8], String, String)] = [
            (
                Array(repeating: 0x0B, count: 20), "Hi There",
                "b617318655057264e28bc0b6fb378c8ef146be00"
            ),
            (
                Array(repeating: 0xAA, count: 80),
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "aa4ae5e15272d00e95705637ce8a3b55ed402112"
            ),
        ]
        for (key, text, hex) in cases {
            let digest = SHA1.hmac(key: key, message: Array(text.utf8))
            let spelled = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            #expect(spelled == hex)
        }
    }

    @Test("A code counts in its step and in those beside it, and never after it was used")
    func window() {
        let time: Int64 = 1_234_567_890
        let step = OneTimeCodes.step(at: time)
        for offset in -3...3 as ClosedRange<Int64> {
            let found = codes.step(of: codes.code(step + offset), at: time, after: nil)
            #expect(found == (abs(offset) <= 1 ? step + offset : nil))
        }
        #expect(codes.step(of: codes.code(step), at: time, after: step) == nil)
        #expect(codes.step(of: codes.code(step + 1), at: time, after: step) == step + 1)
        #expect(codes.step(of: codes.code(step - 1), at: time, after: step) == nil)
        for wrong in ["", "00592", "0059240", "abcdef", "٠٠٥٩٢٤"] {
            #expect(codes.step(of: wrong, at: time, after: nil) == nil)
        }
    }

    @Test("Base32 is that of RFC 4648, without padding")
    func base32() {
        let cases = [
            ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
        ]
        for (text, spelled) in cases {
            #expect(Base32.text(Array(text.utf8)) == spelled)
        }
    }
}
