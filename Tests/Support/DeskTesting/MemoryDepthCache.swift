package import Desk
import Synchronization
package import Trading

/// Order books in memory, which know how old they are; the cache can be down.
package final class MemoryDepthCache: DepthCache {
    private struct State {
        var books: [InstrumentID: ToldDepth] = [:]
        var isDown = false
    }
    private let state = Mutex(State())
    private let clock: any WallClock

    package init(clock: any WallClock) { self.clock = clock }

    package func depth(_ instrument: InstrumentID, maximumAge: Duration) async -> ToldDepth? {
        state.withLock { state in
            guard !state.isDown, let told = state.books[instrument] else { return nil }
            return told.at.duration(to: clock.now()) <= maximumAge ? told : nil
        }
    }

    package func remember(_ depth: ToldDepth, for instrument: InstrumentID) async {
        state.withLock { if !$0.isDown { $0.books[instrument] = depth } }
    }

    /// Turns the cache off or on.
    package func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
}
