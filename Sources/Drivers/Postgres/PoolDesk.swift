import Blocking
import Synchronization

/// Who has which connection, and who waits for one; first come, first served.
final class PoolDesk: Sendable {
    typealias Answer = Result<PostgresConnection, PostgresError>
    typealias Continuation = CheckedContinuation<Answer, Never>

    private struct State {
        var idle: [PostgresConnection] = []
        var made = 0
        var isClosed = false
        var waiting: [Int: Continuation] = [:]
        /// In the order of arrival and thus of deadlines, with those that no longer wait.
        var queue: [(ticket: Int, deadline: ContinuousClock.Instant)] = []
        var head = 0
        var tickets = 0
        var isWatched = false

        /// Takes the next that still waits.
        mutating func takeWaiting() -> Continuation? {
            while head < queue.count {
                let ticket = queue[head].ticket
                head += 1
                if let continuation = waiting.removeValue(forKey: ticket) {
                    compact()
                    return continuation
                }
            }
            compact()
            return nil
        }

        mutating func compact() {
            if head == queue.count {
                queue.removeAll(keepingCapacity: true)
                head = 0
            } else if head > 1024 && head * 2 > queue.count {
                queue.removeFirst(head)
                head = 0
            }
        }
    }

    private let size: Int
    private let maximumWaiting: Int
    private let acquireTimeout: Duration
    private let opener: Opener
    private let state = Mutex(State())
    /// Ends the wait of those whose time is up; sleeps otherwise.
    private let clerk = DedicatedThread(name: "postgres-clerk")

    init(size: Int, maximumWaiting: Int, acquireTimeout: Duration, opener: Opener) {
        precondition(size > 0, "a pool needs a connection")
        self.size = size
        self.maximumWaiting = maximumWaiting
        self.acquireTimeout = acquireTimeout
        self.opener = opener
    }

    /// A connection that is free now, or nil where all are lent.
    func takeNow() throws(PostgresError) -> PostgresConnection? {
        let (connection, isClosed) = state.withLock { state in
            (state.isClosed ? nil : take(&state), state.isClosed)
        }
        if isClosed { throw Self.closed }
        return connection
    }

    /// Waits for a connection.
    func take() async throws(PostgresError) -> PostgresConnection {
        let ticket = state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { enqueue($0, ticket) }
        } onCancel: {
            refuse(ticket, .cancelled)
        }
        return try answer.get()
    }

    /// Takes a connection back: for the next that waits, else to be lent again.
    ///
    /// - Returns: false where the pool is closed, so that the caller has to close the connection.
    func giveBack(_ connection: PostgresConnection) -> Bool {
        let (next, isClosed): (Continuation?, Bool) = state.withLock { state in
            if state.isClosed { return (nil, true) }
            if let next = state.takeWaiting() { return (next, false) }
            // Last in, first out: few connections stay warm, rather than all lukewarm.
            state.idle.append(connection)
            return (nil, false)
        }
        next?.resume(returning: .success(connection))
        return !isClosed
    }

    /// Refuses all that wait and will come, and hands out the idle connections to be closed.
    func close() -> [PostgresConnection] {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            defer {
                state.idle = []
                state.waiting = [:]
            }
            return (state.idle, state.waiting.values.map { $0 })
        }
        for continuation in waiting { continuation.resume(returning: .failure(Self.closed)) }
        return idle
    }

    private static let closed = PostgresError.unavailable("the pool is closed")

    private func take(_ state: inout State) -> PostgresConnection? {
        if let connection = state.idle.popLast() { return connection }
        guard state.made < size else { return nil }
        state.made += 1
        return PostgresConnection(opener)
    }

    // MARK: Waiting

    private func enqueue(_ continuation: Continuation, _ ticket: Int) {
        let (answer, isFirst): (Answer?, Bool) = state.withLock { state in
            if state.isClosed { return (.failure(Self.closed), false) }
            // One may have come back since the caller looked.
            if let connection = take(&state) { return (.success(connection), false) }
            guard state.waiting.count < maximumWaiting else {
                return (.failure(.unavailable("\(maximumWaiting) already wait")), false)
            }
            state.waiting[ticket] = continuation
            state.queue.append((ticket, .now + acquireTimeout))
            defer { state.isWatched = true }
            return (nil, !state.isWatched)
        }
        if let answer { return continuation.resume(returning: answer) }
        if isFirst { clerk.perform { [self] in watch() } }
        // A cancellation before the entry has found nothing to refuse.
        if Task.isCancelled { refuse(ticket, .cancelled) }
    }

    private func refuse(_ ticket: Int, _ error: PostgresError) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: ticket) }
        continuation?.resume(returning: .failure(error))
    }

    /// Runs on the clerk's thread as long as anybody waits.
    private func watch() {
        while let deadline = nextDeadline() {
            let left = deadline - .now
            if left > .zero {
                _ = clerk.wait(forReading: -1, milliseconds: max(1, left.milliseconds))
            }
            refuseLate()
        }
    }

    /// When the first that waits has waited enough; nil, and no longer watched, where none waits.
    private func nextDeadline() -> ContinuousClock.Instant? {
        state.withLock { state in
            while state.head < state.queue.count {
                let first = state.queue[state.head]
                if state.waiting[first.ticket] != nil { return first.deadline }
                state.head += 1
            }
            state.compact()
            state.isWatched = false
            return nil
        }
    }

    private func refuseLate() {
        let now = ContinuousClock.now
        let late = state.withLock { state in
            var late: [Continuation] = []
            while state.head < state.queue.count, state.queue[state.head].deadline <= now {
                let ticket = state.queue[state.head].ticket
                state.head += 1
                if let continuation = state.waiting.removeValue(forKey: ticket) {
                    late.append(continuation)
                }
            }
            state.compact()
            return late
        }
        let reason = "no connection was free within \(acquireTimeout)"
        for continuation in late { continuation.resume(returning: .failure(.unavailable(reason))) }
    }
}
