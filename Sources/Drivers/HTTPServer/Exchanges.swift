import Synchronization

/// The requests that have reached a handler and are not finished, so that a stop can wait for them.
final class Exchanges: Sendable {
    private struct State {
        var running: [ObjectIdentifier: Exchange] = [:]
        var isDraining = false
        var isClosed = false
        var whenEmpty: AsyncStream<Void>.Continuation?
    }
    private let state = Mutex(State())
    private let alive = Atomic<Int>(0)

    /// Objects that exist, for tests: must come back to 0.
    var count: Int { alive.load(ordering: .relaxed) }
    func born() { alive.add(1, ordering: .relaxed) }
    func died() { alive.subtract(1, ordering: .relaxed) }

    /// Once set, each answer closes its connection.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// False once the server is closed: the connection must then not be suspended any more.
    func enter(_ exchange: Exchange) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.running[ObjectIdentifier(exchange)] = exchange
            return true
        }
    }

    func leave(_ exchange: Exchange) {
        let signal = state.withLock { state in
            state.running.removeValue(forKey: ObjectIdentifier(exchange))
            return state.running.isEmpty ? state.whenEmpty : nil
        }
        signal?.yield()
    }

    /// Ends the streams, and waits until every handler has returned and been sent, or for `grace`.
    func drain(grace: Duration) async {
        let (signals, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1)
        )
        let running = state.withLock { state in
            state.isDraining = true
            state.whenEmpty = continuation
            return Array(state.running.values)
        }
        for exchange in running { exchange.endStream() }
        guard !running.isEmpty else { return }
        await withTaskGroup { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { try? await Task.sleep(for: grace) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Lets nobody in any more, and gives up on who is left.
    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            return Array(state.running.values)
        }
        for exchange in left { exchange.abandon() }
    }
}
