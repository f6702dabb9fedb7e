import Synchronization
import Trading

/// The newest tick of each instrument that nobody has taken yet.
///
/// Whoever takes slowly misses ticks, never the last one: there are never more here than instruments.
package final class TickBoard: Sendable {
    private let held = Mutex<[InstrumentID: Tick]>([:])

    package init() {}

    /// Puts ticks in the place of older ones.
    package func put(_ ticks: [Tick]) {
        held.withLock { held in
            for tick in ticks { held[tick.instrument] = tick }
        }
    }

    /// Takes all, by instrument.
    package func take() -> [Tick] {
        let taken = held.withLock { held in
            defer { held = [:] }
            return held
        }
        return taken.values.sorted { $0.instrument < $1.instrument }
    }
}
