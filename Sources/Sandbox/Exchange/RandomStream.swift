/// Numbers that look random and are the same for the same seed (SplitMix64).
package struct RandomStream: Sendable {
    private var state: UInt64

    /// A stream of its own for each name given with the same seed.
    package init(seed: UInt64, stream: UInt64) {
        state = seed
        state = next() ^ (stream &* 0x9E37_79B9_7F4A_7C15)
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, but not including, the bound.
    package mutating func below(_ bound: Int64) -> Int64 {
        Int64(next() >> 1) % bound
    }
}
