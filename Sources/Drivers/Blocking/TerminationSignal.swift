import Glibc

/// SIGTERM and SIGINT as something to wait for.
package enum TerminationSignal {
    /// Keeps the signals from ending the process; call first thing in `main`, before any thread starts.
    package static func hold() {
        var set = signals()
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // A peer that hangs up is an error of that write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Returns at the first SIGTERM or SIGINT; from then on the next one ends the process as usual.
    package static func wait() async {
        await withCheckedContinuation { continuation in
            let box = Unmanaged.passRetained(Waiter(continuation))
            var thread = pthread_t()
            // The thread takes the retained waiter back, exactly once.
            let code = pthread_create(
                &thread,
                nil,
                { pointer in
                    guard let pointer else { return nil }
                    let waiter = Unmanaged<Waiter>.fromOpaque(pointer).takeRetainedValue()
                    var set = signals()
                    var received: CInt = 0
                    sigwait(&set, &received)
                    pthread_sigmask(SIG_UNBLOCK, &set, nil)
                    waiter.continuation.resume()
                    return nil
                },
                box.toOpaque()
            )
            precondition(code == 0, "pthread_create failed: \(code)")
            pthread_detach(thread)
        }
    }
}

private final class Waiter {
    let continuation: CheckedContinuation<Void, Never>
    init(_ continuation: CheckedContinuation<Void, Never>) { self.continuation = continuation }
}

private func signals() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    return set
}
