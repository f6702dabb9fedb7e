import CMicroHTTPD
import Synchronization

/// Takes the pieces of a streamed body, no faster than the peer reads them.
///
/// Pieces wait in a buffer of bounded size. The server's I/O thread empties it; when it finds the
/// buffer empty, it suspends the connection, and the next write resumes it.
package final class HTTPBodyWriter: Sendable {
    package enum Failure: Error {
        /// The peer has hung up, or the server is stopping: nothing more can be written.
        case gone
    }

    private enum Ending { case open, finished, failed, gone }
    private struct State {
        var buffer: [UInt8] = []
        var taken = 0
        var ending = Ending.open
        var isSuspended = false
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0

        var unread: Int { buffer.count - taken }
    }

    private let connection: ConnectionHandle
    private let limit: Int
    private let state = Mutex(State())

    init(connection: ConnectionHandle, limit: Int = 64 << 10) {
        self.connection = connection
        self.limit = limit
    }

    /// Hands over one piece, waiting while the buffer is full.
    ///
    /// Returning does not mean that the peer has it. A piece larger than the buffer is taken whole.
    package func write(_ bytes: [UInt8]) async throws(Failure) {
        while true {
            let attempt = state.withLock { append(bytes, to: &$0) }
            switch attempt {
            case .taken: return
            case .gone: throw .gone
            case .full: await waitForRoom()
            }
            if Task.isCancelled { throw .gone }
        }
    }

    // MARK: The server's side

    /// Copies what is there for the I/O thread; suspends the connection where there is nothing.
    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let (count, woken) = state.withLock { state -> (Int, [CheckedContinuation<Void, Never>]) in
            guard state.unread > 0 else {
                switch state.ending {
                case .open:
                    // Under the lock, so that no write can resume before this.
                    state.isSuspended = true
                    connection.suspend()
                    return (0, [])
                case .finished: return (cmicrohttpd_end_of_stream, [])
                case .failed, .gone: return (cmicrohttpd_end_with_error, [])
                }
            }
            let count = min(state.unread, target.count)
            state.buffer.withUnsafeBytes { bytes in
                target.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[state.taken..<state.taken + count])
                )
            }
            state.taken += count
            if state.unread == 0 {
                state.buffer.removeAll(keepingCapacity: state.taken <= 2 * limit)
                state.taken = 0
            }
            return (count, state.unread < limit ? Self.takeWaiting(&state) : [])
        }
        for one in woken { one.resume() }
        return count
    }

    /// Ends the body after what is in the buffer; with an error, the peer sees it cut short.
    func finish(failed: Bool) { end(failed ? .failed : .finished) }

    /// The connection is no more, or must be; called while its pointer is still valid.
    func peerLeft() { end(.gone) }

    private enum Attempt { case taken, full, gone }

    private func append(_ bytes: [UInt8], to state: inout State) -> Attempt {
        // While the ending is open the socket is ours to look at: it is closed after `peerLeft`.
        guard state.ending == .open, cmicrohttpd_peer_left(connection.socket) == 0 else {
            return .gone
        }
        guard state.unread < limit else { return .full }
        guard !bytes.isEmpty else { return .taken }
        state.buffer.append(contentsOf: bytes)
        resumeIfSuspended(&state)
        return .taken
    }

    private func end(_ how: Ending) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.ending == .open || how == .gone else { return [] }
            state.ending = how
            resumeIfSuspended(&state)
            return Self.takeWaiting(&state)
        }
        for one in woken { one.resume() }
    }

    /// Under the lock, so that `isSuspended` and the library never disagree: a server that stops
    /// relies on it.
    private func resumeIfSuspended(_ state: inout State) {
        guard state.isSuspended else { return }
        state.isSuspended = false
        connection.resume()
    }

    private func waitForRoom() async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.ending == .open, state.unread >= limit, !Task.isCancelled else {
                        return true
                    }
                    state.waiting[id] = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }

    private static func takeWaiting(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard !state.waiting.isEmpty else { return [] }
        defer { state.waiting.removeAll() }
        return Array(state.waiting.values)
    }
}
