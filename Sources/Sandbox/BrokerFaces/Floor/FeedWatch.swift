import Exchange
import Synchronization

/// What one connection of a market feed is subscribed to, each in a mode.
final class FeedWatch<Key: Hashable & Sendable, Mode: Sendable>: Sendable {
    private struct State {
        var modes: [Key: Mode] = [:]
        var fresh: Set<Key> = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let most: Int

    /// A watch of so many instruments at most.
    init(most: Int) { self.most = most }

    /// Whether the client has said goodbye.
    var isOver: Bool { state.withLock { $0.isOver } }

    func end() { state.withLock { $0.isOver = true } }

    /// False where that would be too many; then none is taken.
    func subscribe(_ keys: [Key], _ mode: Mode) -> Bool {
        state.withLock { state in
            let new = keys.filter { state.modes[$0] == nil }
            guard state.modes.count + Set(new).count <= most else { return false }
            for key in keys { state.modes[key] = mode }
            state.fresh.formUnion(keys)
            return true
        }
    }

    func unsubscribe(_ keys: [Key]) {
        state.withLock { state in
            for key in keys {
                state.modes[key] = nil
                state.fresh.remove(key)
            }
        }
    }

    /// All that is subscribed to, and what of it nothing was sent of yet.
    func take() -> (modes: [Key: Mode], fresh: Set<Key>) {
        state.withLock { state in
            defer { state.fresh = [] }
            return (state.modes, state.fresh)
        }
    }
}

extension Floor {
    /// Counts a connection of an account's market feed; false where it would be one too many.
    func openFeed(of account: Int, most: Int) -> Bool {
        enter { world, _ in
            guard world.feeds[account, default: 0] < most else { return false }
            world.feeds[account, default: 0] += 1
            return true
        }
    }

    func closeFeed(of account: Int) {
        enter { world, _ in world.feeds[account, default: 1] -= 1 }
    }

    /// The market in the instruments of which this gives a key, at one moment.
    func quotes<Key: Hashable, Mode>(
        of modes: [Key: Mode],
        by key: (Instrument) -> Key
    ) -> (now: Moment, quotes: [(key: Key, mode: Mode, instrument: Instrument, quote: Quote)]) {
        enter { world, now in
            var quotes: [(key: Key, mode: Mode, instrument: Instrument, quote: Quote)] = []
            if modes.isEmpty { return (now, quotes) }
            for index in world.exchange.instruments.indices {
                let instrument = world.exchange.instrument(index)
                let key = key(instrument)
                guard let mode = modes[key] else { continue }
                quotes.append((key, mode, instrument, world.exchange.quote(index, at: now)))
            }
            return (now, quotes)
        }
    }
}
