import Glibc
import Synchronization

/// Letters from any thread to the one thread that owns a connection, and the bell that wakes it.
///
/// The reader waits on its socket and on the mailbox at once. Posting rings only while the reader
/// sleeps, so a busy connection costs its callers no system call.
package final class Mailbox<Letter: Sendable>: Sendable {
    /// What ended a wait.
    package enum Wake { case ready, letters, timedOut }

    private struct State {
        var letters: [Letter] = []
        var isAsleep = false
        var isClosed = false
    }
    private let state = Mutex(State())
    private let bell = WakeDescriptor()

    package init() {}

    /// Leaves a letter; never blocks.
    ///
    /// - Returns: false if the mailbox is closed, and the letter not taken.
    @discardableResult
    package func post(_ letter: Letter) -> Bool {
        let (isTaken, mustRing) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.letters.append(letter)
            let wasAsleep = state.isAsleep
            state.isAsleep = false
            return (true, wasAsleep)
        }
        if mustRing { bell.signal() }
        return isTaken
    }

    /// Takes no more letters; the reader's last act.
    ///
    /// - Returns: those that came too late to be read.
    package func close() -> [Letter] {
        state.withLock { state in
            state.isClosed = true
            defer { state.letters = [] }
            return state.letters
        }
    }

    /// All letters in their order; for the reader's thread only.
    package func take() -> [Letter] {
        state.withLock { state in
            guard !state.letters.isEmpty else { return [] }
            let letters = state.letters
            state.letters = []
            return letters
        }
    }

    /// Blocks the reader's thread until there is a letter, the descriptor is ready, or the time is up.
    ///
    /// Without a descriptor it waits for letters alone. A broken descriptor counts as ready: the
    /// next read or write tells why.
    package func wait(
        for descriptor: CInt?,
        reading: Bool = true,
        writing: Bool = false,
        atMost limit: Duration
    ) -> Wake {
        let maySleep = state.withLock { state in
            state.isAsleep = state.letters.isEmpty
            return state.isAsleep
        }
        guard maySleep else { return .letters }
        let interest = (reading ? POLLIN : 0) | (writing ? POLLOUT : 0)
        var polled = (
            pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor ?? -1, events: Int16(interest), revents: 0)
        )
        let count = withUnsafeMutableBytes(of: &polled) { bytes in
            poll(
                bytes.assumingMemoryBound(to: pollfd.self).baseAddress,
                2,
                limit.pollMilliseconds
            )
        }
        state.withLock { $0.isAsleep = false }
        if polled.0.revents != 0 { bell.drain() }
        guard count > 0 else { return .timedOut }
        return polled.1.revents != 0 ? .ready : .letters
    }
}

extension Duration {
    /// For poll: whole milliseconds, rounded up so that a wait never spins, an hour at most.
    package var pollMilliseconds: CInt {
        guard self > .zero else { return 0 }
        guard self < .seconds(3600) else { return 3_600_000 }
        let (seconds, attoseconds) = components
        return CInt(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
