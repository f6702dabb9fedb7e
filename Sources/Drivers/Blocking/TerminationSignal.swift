import CPlatform
import Glibc

/// SIGTERM and SIGINT as something to wait for.
///
/// By a handler and not by blocking the signals: the runtime gives the main thread its mask back.
package enum TerminationSignal {
    private static let descriptor = cplatform_catch_termination()

    /// Keeps the first signal from ending the process; call first thing in `main`.
    package static func hold() {
        precondition(descriptor >= 0, "the termination signals cannot be caught")
        // A peer that hangs up is an error of that write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Returns at the first SIGTERM or SIGINT; the next one ends the process as usual.
    package static func wait() async {
        await withCheckedContinuation { continuation in
            // The thread lives until the signal comes, as a rule as long as the process.
            _ = IOThread(name: "signals") {
                cplatform_wait_for_count(descriptor)
                continuation.resume()
            }
        }
    }
}
