import CWebSockets
import Synchronization

/// Messages on their way out: senders wait while too many bytes are ahead of them.
final class Outbox: Sendable {
    struct Frame: Sendable {
        /// The message, after the room that the library needs for the frame's head.
        var bytes: [UInt8]
        var isBinary: Bool

        init(_ message: WebSocketMessage) {
            bytes = []
            bytes.reserveCapacity(cws_padding + message.byteCount)
            bytes.append(contentsOf: repeatElement(0, count: cws_padding))
            switch message {
            case .text(let text):
                bytes.append(contentsOf: text.utf8)
                isBinary = false
            case .binary(let content):
                bytes.append(contentsOf: content)
                isBinary = true
            }
        }
    }

    private struct State {
        var frames: [Frame] = []
        var taken = 0
        var bytes = 0
        var isClosed = false
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Queues a frame; true where the queue was empty, so that somebody must ask for the socket.
    func put(_ frame: Frame) async throws(WebSocketError) -> Bool {
        while true {
            let wasEmpty = state.withLock { state -> Result<Bool?, WebSocketError> in
                guard !state.isClosed else { return .failure(.closed) }
                guard state.bytes < limit else { return .success(nil) }
                state.frames.append(frame)
                state.bytes += frame.bytes.count
                return .success(state.frames.count - state.taken == 1)
            }
            if let wasEmpty = try wasEmpty.get() { return wasEmpty }
            await waitForRoom()
            if Task.isCancelled { throw .cancelled }
        }
    }

    /// The next frame to write.
    func take() -> Frame? {
        let (frame, woken) = state.withLock {
            state -> (Frame?, [CheckedContinuation<Void, Never>]) in
            guard state.taken < state.frames.count else { return (nil, []) }
            let frame = state.frames[state.taken]
            state.frames[state.taken].bytes = []
            state.taken += 1
            state.bytes -= frame.bytes.count
            // In steps, so that taking one does not move all the others.
            if state.taken == state.frames.count || state.taken > 256 {
                state.frames.removeFirst(state.taken)
                state.taken = 0
            }
            guard state.bytes < limit, !state.waiting.isEmpty else { return (frame, []) }
            defer { state.waiting.removeAll() }
            return (frame, Array(state.waiting.values))
        }
        for one in woken { one.resume() }
        return frame
    }

    /// Takes nothing more; with `discarding`, what is queued is dropped too.
    func close(discarding: Bool) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isClosed = true
            if discarding {
                state.frames = []
                state.taken = 0
                state.bytes = 0
            }
            defer { state.waiting.removeAll() }
            return Array(state.waiting.values)
        }
        for one in woken { one.resume() }
    }

    private func waitForRoom() async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard !state.isClosed, state.bytes >= limit, !Task.isCancelled else {
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
}
