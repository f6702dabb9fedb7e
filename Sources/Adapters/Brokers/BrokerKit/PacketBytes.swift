/// Numbers in the fixed places of a binary packet.
package struct PacketBytes {
    private let bytes: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    package var count: Int { bytes.count }

    private func number(at offset: Int, _ width: Int, bigEndian: Bool) -> UInt32 {
        var number: UInt32 = 0
        for place in 0..<width {
            let byte = UInt32(bytes[bytes.startIndex + offset + place])
            number = bigEndian ? number << 8 | byte : number | byte << (8 * UInt32(place))
        }
        return number
    }

    /// Most significant byte first.
    package func big16(_ offset: Int) -> Int { Int(number(at: offset, 2, bigEndian: true)) }
    /// Most significant byte first.
    package func big32(_ offset: Int) -> UInt32 { number(at: offset, 4, bigEndian: true) }
    /// Least significant byte first.
    package func little16(_ offset: Int) -> Int { Int(number(at: offset, 2, bigEndian: false)) }
    /// Least significant byte first.
    package func little32(_ offset: Int) -> UInt32 { number(at: offset, 4, bigEndian: false) }
    /// A single-precision number, least significant byte first.
    package func littleFloat(_ offset: Int) -> Float {
        Float(bitPattern: number(at: offset, 4, bigEndian: false))
    }
}
