import Synchronization

/// What a connection and its pool tell each other without a hop to the connection's thread.
final class LeaseState: Sendable {
    private struct State {
        var isUnused = false
        var wantsBegin = false
        var needsReset = false
    }

    private let state = Mutex(State())

    /// The connection is lent; with `begins` its first call is to begin a transaction.
    func begin(begins: Bool) {
        state.withLock { $0 = State(isUnused: true, wantsBegin: begins, needsReset: false) }
    }

    /// Whether nothing was sent yet since the connection was lent.
    var isUnused: Bool { state.withLock { $0.isUnused } }

    /// A call goes out: the connection has to be handed back fit for the next.
    func use() {
        state.withLock { state in
            state.isUnused = false
            state.needsReset = true
        }
    }

    /// Whether BEGIN is still to be sent; says yes once.
    func takeBegin() -> Bool {
        state.withLock { state in
            defer { state.wantsBegin = false }
            return state.wantsBegin
        }
    }

    /// Whether the connection may be lent again only after `reset()`.
    var needsReset: Bool {
        get { state.withLock { $0.needsReset } }
        set { state.withLock { $0.needsReset = newValue } }
    }
}
