import Synchronization

/// Messages that have come and are not read yet, for one reader.
final class Inbox: Sendable {
    private typealias Reader = CheckedContinuation<WebSocketMessage?, any Error>
    private struct State {
        var messages: [WebSocketMessage] = []
        var taken = 0
        var bytes = 0
        var reader: Reader?
        var ending: Result<Void, WebSocketError>?
        var isPaused = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// Adds a message; true where the socket should not be read until `next` says so.
    func put(_ message: WebSocketMessage) -> Bool {
        let (reader, pauses) = state.withLock { state -> (Reader?, Bool) in
            if let reader = state.reader {
                state.reader = nil
                return (reader, false)
            }
            state.messages.append(message)
            state.bytes += message.byteCount
            guard state.bytes > limit, !state.isPaused else { return (nil, false) }
            state.isPaused = true
            return (nil, true)
        }
        reader?.resume(returning: message)
        return pauses
    }

    /// Nothing more will come: what is here can still be read, then the stream ends.
    func end(_ how: Result<Void, WebSocketError>) {
        let reader = state.withLock { state -> Reader? in
            guard state.ending == nil else { return nil }
            state.ending = how
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: how.map { nil }.mapError { $0 as any Error })
    }

    /// The next message, or nil at a good end; calls `resume` where reading may go on after a pause.
    func next(resume: () -> Void) async throws -> WebSocketMessage? {
        try await withTaskCancellationHandler {
            let message = try await withCheckedThrowingContinuation { (reader: Reader) in
                let ready = state.withLock { Self.take(from: &$0, for: reader) }
                if let ready { reader.resume(with: ready) }
            }
            if state.withLock({ Self.mayResume(&$0, limit) }) { resume() }
            return message
        } onCancel: {
            let reader = state.withLock { state -> Reader? in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(throwing: CancellationError())
        }
    }

    /// What the reader gets now; nil where it must wait.
    private static func take(
        from state: inout State,
        for reader: Reader
    ) -> Result<WebSocketMessage?, any Error>? {
        if state.taken < state.messages.count {
            let message = state.messages[state.taken]
            state.taken += 1
            state.bytes -= message.byteCount
            // In steps, so that taking one does not move all the others.
            if state.taken == state.messages.count || state.taken > 256 {
                state.messages.removeFirst(state.taken)
                state.taken = 0
            }
            return .success(message)
        }
        if let ending = state.ending { return ending.map { nil }.mapError { $0 } }
        if Task.isCancelled { return .failure(CancellationError()) }
        precondition(state.reader == nil, "a connection's messages have one reader")
        state.reader = reader
        return nil
    }

    private static func mayResume(_ state: inout State, _ limit: Int) -> Bool {
        guard state.isPaused, state.bytes <= limit / 2 else { return false }
        state.isPaused = false
        return true
    }
}
