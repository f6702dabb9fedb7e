/// Spoils bytes without knowing what they mean.
struct ByteMutator {
    /// Nothing grows beyond this, so that a run's time goes into many cases.
    static let longest = 1 << 16

    let samples: [[UInt8]]

    /// The bytes with one to four faults.
    func mutated(_ bytes: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0...random.below(4) { change(&bytes, &random) }
        return bytes.count > Self.longest ? Array(bytes.prefix(Self.longest)) : bytes
    }

    private func change(_ bytes: inout [UInt8], _ random: inout FuzzRandom) {
        let kind = random.below(10)
        guard !bytes.isEmpty else {
            bytes = random.pick(HostileText.bytes)
            return
        }
        let place = random.below(bytes.count)
        switch kind {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 2: bytes.removeSubrange(place..<end(from: place, in: bytes, &random))
        case 3: bytes.removeSubrange(place...)
        case 4:
            let part = Array(bytes[place..<end(from: place, in: bytes, &random)])
            for _ in 0...random.below(3) { bytes.insert(contentsOf: part, at: place) }
        case 5: splice(&bytes, at: place, &random)
        case 6: bytes.insert(contentsOf: random.pick(HostileText.bytes), at: place)
        case 7: replaceNumber(in: &bytes, near: place, &random)
        case 8: bytes.swapAt(place, random.below(bytes.count))
        default:
            let end = end(from: place, in: bytes, &random)
            bytes.replaceSubrange(place..<end, with: random.pick(HostileText.bytes))
        }
    }

    private func end(from place: Int, in bytes: [UInt8], _ random: inout FuzzRandom) -> Int {
        let longest = min(bytes.count - place, random.chance(20) ? bytes.count : 16)
        return place + 1 + random.below(max(longest, 1))
    }

    /// The beginning of one and the end of another.
    private func splice(_ bytes: inout [UInt8], at place: Int, _ random: inout FuzzRandom) {
        let other = random.pick(samples)
        guard !other.isEmpty else { return }
        bytes = Array(bytes[..<place]) + other[random.below(other.count)...]
    }

    /// Puts a number that is hard to hold where one stands.
    private func replaceNumber(in bytes: inout [UInt8], near place: Int, _ random: inout FuzzRandom)
    {
        let isDigit: (UInt8) -> Bool = { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
        bytes.replaceSubrange(start..<end, with: random.pick(HostileText.numbers).utf8)
    }
}
