/// A public key as NATS spells it: in Base32 a letter for its kind, 32 bytes, and a checksum.
struct GrowwSocketKey: Sendable {
    /// What a user's key begins with.
    private static let user: UInt8 = 0xA0
    let bytes: [UInt8]

    /// Nil where the text is no user's key to the letter.
    init?(_ text: String) {
        guard let all = Self.unspelled(text), all.count == 35, all[0] == Self.user,
            Self.sum(all[..<33]) == Int(all[33]) | Int(all[34]) << 8
        else { return nil }
        bytes = Array(all[1..<33])
    }

    /// Five bits in each letter; nil where bits are left over or a letter is none.
    private static func unspelled(_ text: String) -> [UInt8]? {
        var (bits, held) = (0, 0)
        var bytes: [UInt8] = []
        for letter in text.utf8 {
            let value: Int
            switch letter {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = Int(letter) - 65
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = Int(letter) - 50 + 26
            default: return nil
            }
            bits = bits << 5 | value
            held += 5
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(bits >> held))
                bits &= (1 << held) - 1
            }
        }
        return bits == 0 && held < 5 ? bytes : nil
    }

    /// CRC-16/XMODEM, bit by bit.
    private static func sum(_ bytes: ArraySlice<UInt8>) -> Int {
        var sum = 0
        for byte in bytes {
            sum ^= Int(byte) << 8
            for _ in 0..<8 {
                sum <<= 1
                if sum & 0x10000 != 0 { sum ^= 0x11021 }
            }
        }
        return sum
    }
}
