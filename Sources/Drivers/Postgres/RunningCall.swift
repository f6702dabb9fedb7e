import Blocking
import CPostgres
import Glibc
import Synchronization

/// libpq's means to cancel what runs on a connection, freed once.
///
/// Unchecked, because libpq allows `PQcancel` on any thread, and never changes the structure.
final class CancelHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// nil where libpq has no memory.
    init?(of connection: OpaquePointer) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        self.pointer = pointer
    }

    deinit { PQfreeCancel(pointer) }

    /// Asks the server to stop; blocks until it has taken note.
    ///
    /// Whether that succeeds does not matter: who waits for the answer has a limit of its own.
    fileprivate func send() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { reason in
            _ = PQcancel(pointer, reason.baseAddress, 256)
        }
    }
}

/// One call of a connection, as its cancellation sees it from outside.
///
/// A cancel request names a session, not a statement; one that comes late would stop the session's
/// next statement. Hence ``finish()`` waits for a request that is on its way.
final class RunningCall: Sendable {
    private struct State {
        var isRequested = false
        var isOnItsWay = false
        var isOver = false
    }

    private let state = Mutex(State())
    private let handle: CancelHandle
    private let canceller: DedicatedThread

    init(_ handle: CancelHandle, on canceller: DedicatedThread) {
        self.handle = handle
        self.canceller = canceller
    }

    var isCancelled: Bool { state.withLock { $0.isRequested } }

    /// Asks the server to stop this call; may be called on any thread, and does not block.
    func cancel() {
        let sends = state.withLock { state in
            guard !state.isOver else { return false }
            state.isRequested = true
            defer { state.isOnItsWay = true }
            return !state.isOnItsWay
        }
        guard sends else { return }
        canceller.perform { [self] in
            if !state.withLock({ $0.isOver }) { handle.send() }
            state.withLock { $0.isOnItsWay = false }
        }
    }

    /// Ends the call; blocks where a request is on its way.
    ///
    /// - Returns: false where the request is still on its way after 5 s, so that the session is
    ///   of no more use.
    func finish() -> Bool {
        for _ in 0..<5000 {
            let isOnItsWay = state.withLock { state in
                state.isOver = true
                return state.isOnItsWay
            }
            if !isOnItsWay { return true }
            usleep(1000)
        }
        return false
    }
}
