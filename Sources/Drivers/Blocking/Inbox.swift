import Glibc
import Synchronization

/// Jobs waiting for a thread.
///
/// A sender writes to the wake descriptor only where the thread sleeps or is about to, so a busy
/// thread costs its senders no system call.
final class Inbox: Sendable {
    enum Entry: Sendable {
        case job(UnownedJob)
        case work(@Sendable () -> Void)
    }

    private struct State {
        var incoming: [Entry] = []
        /// Taken from `incoming` all at once, then served from `head` on.
        var outgoing: [Entry?] = []
        var head = 0
        var isAsleep = false
        var isClosed = false

        var isEmpty: Bool { head == outgoing.count && incoming.isEmpty }

        mutating func take() -> Entry? {
            if head == outgoing.count {
                outgoing.removeAll(keepingCapacity: outgoing.count <= 1024)
                head = 0
                for entry in incoming { outgoing.append(entry) }
                incoming.removeAll(keepingCapacity: incoming.count <= 1024)
            }
            guard head < outgoing.count else { return nil }
            defer { head += 1 }
            return outgoing[head].take()
        }

        /// Whether the thread has to be woken for what was just added.
        mutating func wakes() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    private let state = Mutex(State())
    private let wakeup = WakeDescriptor()
    private let owner = Atomic<UInt>(0)

    /// Makes the calling thread the one that works here.
    func adopt() { owner.store(UInt(pthread_self()), ordering: .relaxed) }

    /// Whether the calling thread is the one that works here.
    var isCurrent: Bool { owner.load(ordering: .relaxed) == UInt(pthread_self()) }

    func append(_ entry: Entry) {
        let wakes = state.withLock { state in
            state.incoming.append(entry)
            return state.wakes()
        }
        if wakes { wakeup.signal() }
    }

    func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            return state.wakes()
        }
        if wakes { wakeup.signal() }
    }

    /// The next entry, waiting for one; nil once closed and empty.
    func next() -> Entry? {
        while true {
            let (entry, isClosed) = state.withLock { state in
                let entry = state.take()
                state.isAsleep = entry == nil && !state.isClosed
                return (entry, state.isClosed)
            }
            if entry != nil || isClosed { return entry }
            var polled = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
            _ = poll(&polled, 1, -1)
            wakeup.drain()
        }
    }

    func wait(for descriptor: CInt, events: CInt, milliseconds: CInt) -> DedicatedThread.Wake {
        while true {
            let hasJobs = state.withLock { state in
                state.isAsleep = state.isEmpty && !state.isClosed
                return !state.isAsleep
            }
            if hasJobs { return .interrupted }
            var polled = (
                pollfd(fd: descriptor, events: Int16(events), revents: 0),
                pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
            )
            let count = withUnsafeMutablePointer(to: &polled) { pointer in
                pointer.withMemoryRebound(to: pollfd.self, capacity: 2) {
                    poll($0, 2, milliseconds)
                }
            }
            let isInterrupted = state.withLock { state in
                state.isAsleep = false
                return !state.isEmpty || state.isClosed
            }
            if polled.1.revents != 0 { wakeup.drain() }
            if count > 0 && polled.0.revents != 0 { return .ready }
            if isInterrupted { return .interrupted }
            if count == 0 { return .timedOut }
            // A signal of an earlier sleep, or a Unix signal: neither is what was waited for.
        }
    }
}
