import CPlatform
import Glibc

/// A descriptor that one thread polls and any thread can make readable.
///
/// Signals are counted, not queued: however many came, one ``drain()`` takes them all.
package final class WakeDescriptor: Sendable {
    /// What to poll for reading; closed with its owner, so not to be kept.
    package let descriptor: CInt

    /// A descriptor without a signal; it is a defect to have so many that the kernel refuses.
    package init() {
        descriptor = cplatform_wake_descriptor()
        precondition(descriptor >= 0, "eventfd failed: \(errno)")
    }

    deinit { _ = Glibc.close(descriptor) }

    /// Makes the descriptor readable until the next ``drain()``; may be called on any thread.
    package func signal() {
        var one: UInt64 = 1
        while write(descriptor, &one, 8) < 0 && errno == EINTR {}
    }

    /// Takes all signals that came so far; does not wait for one.
    package func drain() {
        var count: UInt64 = 0
        while read(descriptor, &count, 8) < 0 && errno == EINTR {}
    }
}
