import Protobuf
import Testing

/// Messages of Protocol Buffers, taken apart.
@Suite("Protocol Buffers")
struct ProtobufTests {
    @Test("Fields of every kind are read by their numbers")
    func fields() throws {
        // 1: 150; 2: "testing"; 3: a message with 1: 150; 4: 2950.05; 5: -1, ten bytes long.
        let bytes: [UInt8] =
            [0x08, 0x96, 0x01, 0x12, 0x07] + Array("testing".utf8)
            + [0x1A, 0x03, 0x08, 0x96, 0x01, 0x21]
            + withUnsafeBytes(of: (2950.05).bitPattern.littleEndian) { Array($0) }
            + [0x28] + [UInt8](repeating: 0xFF, count: 9) + [0x01]
        let message = try #require(ProtobufMessage(bytes))
        #expect(message.integer(1) == 150)
        #expect(message.text(2) == "testing")
        #expect(message.message(3)?.integer(1) == 150)
        #expect(message.double(4) == 2950.05)
        #expect(message.integer(5) == -1)
        #expect(message.integer(2) == nil && message.text(1) == nil && message.double(9) == nil)
    }

    @Test(
        "Of a field that comes again the last one counts, and all are there where they are asked for"
    )
    func repeated() throws {
        let message = try #require(
            ProtobufMessage([0x08, 1, 0x08, 2, 0x1A, 2, 8, 1, 0x1A, 2, 8, 2])
        )
        #expect(message.integer(1) == 2)
        #expect(message.messages(3).map { $0.integer(1) } == [1, 2])
    }

    @Test("An empty message is one, and what is cut off or malformed is none")
    func malformed() {
        #expect(ProtobufMessage([]) != nil)
        for bytes: [UInt8] in [[0x08], [0x12, 5, 1], [0x21, 1, 2], [0x0F]] {
            #expect(ProtobufMessage(bytes) == nil, "\(bytes)")
        }
    }
}
