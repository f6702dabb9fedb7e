package import Desk
import Synchronization
package import Trading

/// Prices that a test sets, and how often each was asked for.
package final class MemoryQuotes: QuoteSource, LiveQuotes {
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

    package func quote(_ instrument: InstrumentID, for trader: TraderID, maximumAge: Duration)
        async -> Quote?
    {
        state.withLock { state in
            state.asked.append(instrument)
            return state.prices[instrument].map { Quote(price: $0, age: .zero) }
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
        var days: [InstrumentID: DayFigures] = [:]
        var isDown = false
    }
    private let state = Mutex(State())
    private let clock: any WallClock

    package init(clock: any WallClock) { self.clock = clock }

    package func quote(_ instrument: InstrumentID, maximumAge: Duration) async -> Quote? {
        state.withLock { state in
            guard !state.isDown, let known = state.prices[instrument] else { return nil }
            let age = known.at.duration(to: clock.now())
            return age <= maximumAge ? Quote(price: known.price, age: age) : nil
        }
    }

    package func remember(_ price: Price, for instrument: InstrumentID) async {
        state.withLock { state in
            if !state.isDown { state.prices[instrument] = (price, clock.now()) }
        }
    }

    package func quotes(_ instruments: [InstrumentID]) async -> [InstrumentID: Quote] {
        state.withLock { state in
            var quotes: [InstrumentID: Quote] = [:]
            for instrument in instruments where !state.isDown {
                guard let known = state.prices[instrument] else { continue }
                quotes[instrument] = Quote(
                    price: known.price,
                    age: known.at.duration(to: clock.now()),
                    day: state.days[instrument] ?? DayFigures()
                )
            }
            return quotes
        }
    }

    package func remember(_ ticks: [Tick]) async {
        state.withLock { state in
            for tick in ticks where !state.isDown {
                state.prices[tick.instrument] = (tick.price, clock.now())
                if tick.day != DayFigures() { state.days[tick.instrument] = tick.day }
            }
        }
    }

    /// Turns the cache off or on.
    package func setDown(_ isDown: Bool) { state.withLock { $0.isDown = isDown } }
}
