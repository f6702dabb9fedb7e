import Fuzzing
import Gzip
import Secrets
import Testing

/// What is sealed, signed or packed, and then changed.
@Suite("Fuzz: sealed, signed and packed", .timeLimit(.minutes(60)))
struct SecretsFuzzTests {
    @Test func `a sealed value that was changed does not open`() async {
        let box = SecretBox(
            key: Array(repeating: 3, count: 32),
            former: [Array(repeating: 4, count: 32)]
        )
        let plain = Array("a broker's token".utf8)
        let old = SecretBox(key: Array(repeating: 4, count: 32))
        let sealed = [box.seal(plain, context: "account:1"), old.seal(plain, context: "account:1")]
        let mutator = Mutator(sealed, .bytes)
        let found = await FuzzRun("sealed", cases: 20_000).run { random in
            let bytes = mutator.input(&random)
            let opened = try? box.open(bytes, context: "account:1")
            if sealed.contains(bytes) { return opened == plain ? nil : "a good one did not open" }
            return opened == nil ? nil : "it opened: \(bytes)"
        }
        #expect(found == nil, "\(found ?? "")")
    }

    @Test func `a token that was changed is nobody's`() async {
        let signer = JWTSigner(key: Array(repeating: 5, count: 32))
        let other = JWTSigner(key: Array(repeating: 6, count: 32))
        let claims = Array(#"{"sub":"1","role":"trader","exp":2000}"#.utf8)
        let tokens =
            [signer.sign(claims), other.sign(claims)]
            + [
                // {"alg":"none"} and {"alg":"RS256"}
                "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIiwiZXhwIjoyMDAwfQ.",
                "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIiwiZXhwIjoyMDAwfQ.AAAA",
            ]
        let mutator = Mutator(tokens, .table(UInt8(ascii: ".")))
        let found = await FuzzRun("jwt", cases: 30_000).run { random in
            let token = String(decoding: mutator.input(&random), as: UTF8.self)
            let found = try? signer.verify(token, now: 1_000)
            if token == tokens[0] { return found == claims ? nil : "a good one was refused" }
            return found == nil ? nil : "it was believed: \(token)"
        }
        #expect(found == nil, "\(found ?? "")")
    }

    @Test func `what is unpacked never grows beyond the limit`() async {
        // Forty texts "a" by gzip, and ten million zeros in ten thousand bytes.
        let small: [UInt8] = [
            0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x4B, 0x04, 0, 0x43, 0xBE, 0xB7, 0xE8, 1, 0,
            0,
            0,
        ]
        #expect(throws: Never.self) { try Gzip.unpacked(small, atMost: 1) }
        let mutator = Mutator([small, small + small, Self.bomb], .bytes)
        let limit = 300_000
        let found = await FuzzRun("gzip", cases: 3_000).run { random in
            let text = try? Gzip.unpacked(mutator.input(&random), atMost: limit)
            return text?.count ?? 0 <= limit ? nil : "\(text?.count ?? 0) bytes"
        }
        #expect(found == nil, "\(found ?? "")")
        #expect(throws: GzipError.tooLong) { try Gzip.unpacked(Self.bomb, atMost: limit) }
    }

    /// A stored block of one byte and then, by one repeated distance, a million more of it.
    private static let bomb: [UInt8] = {
        // Fixed Huffman codes: the literal 0, then matches of 258 bytes at a distance of 1.
        var bits: [UInt8] = [1, 1, 0]
        bits += [0, 0, 1, 1, 0, 0, 0, 0]
        for _ in 0..<4_000 { bits += [1, 1, 0, 0, 0, 1, 0, 1] + [0, 0, 0, 0, 0] }
        bits += Array(repeating: 0, count: 7)
        var bytes: [UInt8] = [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03]
        for start in stride(from: 0, to: bits.count, by: 8) {
            let byte = bits[start..<min(start + 8, bits.count)].enumerated()
                .reduce(UInt8(0)) { $0 | $1.element << UInt8($1.offset) }
            bytes.append(byte)
        }
        return bytes + Array(repeating: 0, count: 8)
    }()
}
