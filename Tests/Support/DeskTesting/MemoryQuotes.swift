package import Desk
import Synchronization
package import Trading

/// Prices that a test sets, and how often each was asked for.
package final class MemoryQuotes: QuoteSource {
    private struct State {
        var prices: [InstrumentID: Price]
        var asked: [InstrumentID] = []
    }
    private let state: Mutex<State>

    package init(_ prices: [InstrumentID: Price] = [:]) { state = Mutex(State(prices: prices)) }

    package func lastPrice(_ instrument: Instrument, for trader: TraderID) async -> Price? {
        state.withLock { state in
            state.asked.append(instrument.id)
            return state.prices[instrument.id]
        }
    }

    /// Sets a price; nil: nobody knows one.
    package func set(_ price: Price?, of instrument: InstrumentID) {
        state.withLock { $0.prices[instrument] = price }
    }

    /// What was asked for, in order.
    package var asked: [InstrumentID] { state.withLock { $0.asked } }
}

/// A price cache in memory that knows how old its prices are, and can be down.
package final class MemoryQuoteCache: QuoteCache {
    private struct State {
        var prices: [InstrumentID: (price: Price, at: Timestamp)] = [:]
        var isDown = false
    }
    private let state = Mutex(State())
    private let clock: any WallClock

    package init(clock: any WallClock) { self.clock = clock }

    package func price(_ instrument: InstrumentID, maximumAge: Duration) async -> Price? {
        state.withLock { state in
            guard !state.isDown, let known = state.prices[instrument],
                known.at.duration(to: clock.now()) <= maximumAge
            else { return nil }
            return known.price
        }
    }

    package func remember(_ price: Price, for instrument: InstrumentID) async {
        state.withLock { state in
            if !state.isDown { state.prices[instrument] = (price, clock.now()) }
        }
    }

    /// Turns the cache off or on.
    package func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
}
