import CPlatform
import Glibc
import Synchronization

/// One OS thread that runs one connection's loop from its start to its end.
///
/// For connections that work on their own (heartbeats, confirms, deliveries), where an actor would
/// need a task to keep it going. The body ends when its mailbox tells it to; the thread with it.
package final class IOThread: Sendable {
    private struct Ending {
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }
    private let ending = Mutex(Ending())

    /// Starts the thread; Linux keeps the first 15 bytes of the name.
    package init(name: String, _ body: @escaping @Sendable () -> Void) {
        // Released by the new thread as its first act; pthread_create either starts it or we stop.
        let start = Unmanaged.passRetained(Start(name: name, thread: self, body: body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { pointer in
                guard let pointer else { return nil }
                let start = Unmanaged<Start>.fromOpaque(pointer).takeRetainedValue()
                cplatform_name_this_thread(start.name)
                blockBrokenPipeSignal()
                start.body()
                start.thread.end()
                return nil
            },
            start.toOpaque()
        )
        precondition(code == 0, "pthread_create failed: \(code)")
        pthread_detach(thread)
    }

    /// Returns once the body has returned; several may wait, also afterwards.
    package func join() async {
        await withCheckedContinuation { continuation in
            let isOver = ending.withLock { ending in
                if !ending.isOver { ending.waiters.append(continuation) }
                return ending.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    private func end() {
        let waiters = ending.withLock { ending in
            ending.isOver = true
            defer { ending.waiters = [] }
            return ending.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private final class Start {
        let name: String
        let thread: IOThread
        let body: @Sendable () -> Void
        init(name: String, thread: IOThread, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.thread = thread
            self.body = body
        }
    }
}

/// Makes writing to a closed socket an error on this thread, where it would end the process:
/// hiredis and OpenSSL write without `MSG_NOSIGNAL`.
package func blockBrokenPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
}
