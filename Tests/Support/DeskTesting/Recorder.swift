import Synchronization

/// Keeps what happened, in order, from any number of tasks.
package final class Recorder<Element: Sendable>: Sendable {
    private let kept = Mutex<[Element]>([])

    package init() {}

    /// Everything so far.
    package var all: [Element] { kept.withLock { $0 } }
    /// How much so far.
    package var count: Int { kept.withLock { $0.count } }

    /// Adds one at the end.
    package func note(_ element: Element) { kept.withLock { $0.append(element) } }
}

/// Counts how many are at something at once, and how many were at most.
package final class Occupancy: Sendable {
    private struct State {
        var now = 0
        var most = 0
    }
    private let state = Mutex(State())

    package init() {}

    package var now: Int { state.withLock { $0.now } }
    package var most: Int { state.withLock { $0.most } }

    package func enter() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }

    package func leave() { state.withLock { $0.now -= 1 } }
}

/// Random numbers that are the same in every run of one seed (SplitMix64).
package struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
