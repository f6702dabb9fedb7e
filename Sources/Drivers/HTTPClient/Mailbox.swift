import CCurl
import Glibc
import Synchronization

/// What callers on any thread ask of the loop, and the counter that wakes it.
final class Mailbox: Sendable {
    struct Mail {
        var submitted: [Transfer] = []
        var cancelled: [Transfer] = []
        var isClosed = false
    }
    private struct State {
        var mail = Mail()
        /// Whether the loop waits, or is about to, and so must be woken.
        var isLoopAsleep = false
        var hasEnded = false
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }

    let wakeDescriptor: CInt
    private let state = Mutex(State())

    init() {
        wakeDescriptor = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
        precondition(wakeDescriptor >= 0, "no descriptor for the HTTP client: \(errno)")
    }

    deinit { _ = Glibc.close(wakeDescriptor) }

    func submit(_ transfer: Transfer) {
        let isClosed = change { state in
            if !state.mail.isClosed { state.mail.submitted.append(transfer) }
            return state.mail.isClosed
        }
        if isClosed { transfer.fail(.notSent(reason: "the client is closed")) }
    }

    func cancel(_ transfer: Transfer) {
        change { state in
            if !state.mail.isClosed { state.mail.cancelled.append(transfer) }
        }
    }

    func close() { change { $0.mail.isClosed = true } }

    func close(then continuation: CheckedContinuation<Void, Never>) {
        let hasEnded = change { state in
            state.mail.isClosed = true
            if !state.hasEnded { state.waitingForEnd.append(continuation) }
            return state.hasEnded
        }
        if hasEnded { continuation.resume() }
    }

    /// All that came since the last call; for the loop only.
    func collect() -> Mail {
        state.withLock { state in
            state.isLoopAsleep = false
            let mail = state.mail
            state.mail = Mail(isClosed: mail.isClosed)
            return mail
        }
    }

    /// Whether the loop may wait, as there is no mail; from now on mail wakes it.
    func maySleep() -> Bool {
        state.withLock { state in
            let mail = state.mail
            state.isLoopAsleep =
                mail.submitted.isEmpty && mail.cancelled.isEmpty && !mail.isClosed
            return state.isLoopAsleep
        }
    }

    func drainWakeUps() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
    }

    /// The loop is over and touches nothing any more.
    func loopHasEnded() {
        let waiting = state.withLock { state in
            state.hasEnded = true
            defer { state.waitingForEnd = [] }
            return state.waitingForEnd
        }
        for continuation in waiting { continuation.resume() }
    }

    @discardableResult
    private func change<R: Sendable>(_ body: (inout sending State) -> sending R) -> R {
        let (result, mustWake) = state.withLock { state in
            let result = body(&state)
            defer { state.isLoopAsleep = false }
            return (result, state.isLoopAsleep)
        }
        if mustWake {
            var one: UInt64 = 1
            _ = write(wakeDescriptor, &one, 8)
        }
        return result
    }
}
