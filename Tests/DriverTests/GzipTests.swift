import Gzip
import Testing

/// What gzip packed, unpacked.
@Suite("Gzip")
struct GzipTests {
    /// Made by GNU gzip of the text beside it.
    private static let packed: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2B, 0x28, 0xCA, 0x4C,
        0x4E, 0x55, 0x28, 0x20, 0x91, 0x34, 0xB2, 0x34, 0x35, 0xD0, 0x33, 0x30, 0xE5, 0x02,
        0x00, 0xAC, 0x68, 0x5C, 0x04, 0x3E, 0x00, 0x00, 0x00,
    ]
    private static let text = "price price price price price price price price price 2950.05\n"

    @Test("A packed text is unpacked, and checked against its checksum")
    func unpacked() throws {
        let bytes = try Gzip.unpacked(Self.packed, atMost: 100)
        #expect(String(decoding: bytes, as: UTF8.self) == Self.text)
        #expect(Gzip.isPacked(Self.packed) && !Gzip.isPacked(bytes) && !Gzip.isPacked([]))
    }

    @Test("Texts packed one after the other come in a row")
    func twice() throws {
        let bytes = try Gzip.unpacked(Self.packed + Self.packed, atMost: 200)
        #expect(String(decoding: bytes, as: UTF8.self) == Self.text + Self.text)
    }

    @Test("Whatever is missing at the end is missed", arguments: 0..<packed.count)
    func cutOff(length: Int) {
        #expect(throws: GzipError.endsEarly) {
            try Gzip.unpacked(Array(Self.packed.prefix(length)), atMost: 100)
        }
    }

    @Test(
        "A damaged byte never gives another text",
        arguments: 0..<packed.count,
        [0x01, 0x10, 0x80]
    )
    func damaged(place: Int, bit: UInt8) {
        var bytes = Self.packed
        bytes[place] ^= bit
        // A few bits stand for nothing: times, and what fills up the last byte of the text.
        if let read = try? Gzip.unpacked(bytes, atMost: 1_000) {
            #expect(read == Array(Self.text.utf8))
        }
    }

    @Test("No more than is allowed is unpacked")
    func tooLong() throws {
        #expect(throws: GzipError.tooLong) { try Gzip.unpacked(Self.packed, atMost: 61) }
        #expect(try Gzip.unpacked(Self.packed, atMost: 62).count == 62)
    }

    @Test("What is no gzip is broken", arguments: ["[{}]", "<html>busy, come back later</html>"])
    func noGzip(text: String) {
        #expect(throws: GzipError.broken) { try Gzip.unpacked(Array(text.utf8), atMost: 100) }
    }
}
