/// Numbers that look random and are the same for the same seed, on every machine (SplitMix64).
package struct FuzzRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// The numbers of one case of a run: nothing of the cases before it is needed to make it again.
    package init(seed: UInt64, case number: Int) {
        var mixed = FuzzRandom(
            seed: seed ^ UInt64(truncatingIfNeeded: number) &* 0xD1B5_4A32_D192_ED03
        )
        state = mixed.next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to one less than `limit`, which is at least 1.
    package mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// True so many times of a hundred.
    package mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// One of these, which must not be none.
    package mutating func pick<Element>(_ all: [Element]) -> Element { all[below(all.count)] }
}
