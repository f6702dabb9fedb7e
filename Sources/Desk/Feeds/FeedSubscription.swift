import Synchronization

/// What a feed shall be subscribed to, which may change while it is followed.
package final class FeedSubscription: Sendable {
    private struct State {
        var wanted: Set<FeedInstrument>
        var bells: [Int: AsyncStream<Void>.Continuation] = [:]
        var lastBell = 0
    }

    private let state: Mutex<State>

    package init(_ wanted: Set<FeedInstrument> = []) { state = Mutex(State(wanted: wanted)) }

    /// What is wanted now.
    package var wanted: Set<FeedInstrument> { state.withLock { $0.wanted } }

    /// Wants these from now on, and no others.
    package func want(_ wanted: Set<FeedInstrument>) {
        let bells = state.withLock { state -> [AsyncStream<Void>.Continuation] in
            guard state.wanted != wanted else { return [] }
            state.wanted = wanted
            return Array(state.bells.values)
        }
        for bell in bells { bell.yield() }
    }

    /// An element at once, and whenever something else is wanted; several changes may share one.
    package func changes() -> AsyncStream<Void> {
        let (stream, bell) = AsyncStream.makeStream(
            of: Void.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        let number = state.withLock { state in
            state.lastBell += 1
            state.bells[state.lastBell] = bell
            return state.lastBell
        }
        bell.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.bells.removeValue(forKey: number) }
        }
        bell.yield()
        return stream
    }
}
