import Blocking
import Synchronization

/// Posts small JSON notices over plain HTTP, one attempt each, and tells nobody what came of it.
///
/// For notices that may be lost, such as a broker's postbacks. Nobody waits for an answer and no
/// notice has limits of its own, so that one costs a fifth of a request of ``HTTPClient``.
/// 1. Each connection has one notice under way: a server is never sent the next one before it has
///    answered, and a connection that breaks loses no more than that one.
/// 2. Nothing is sent twice. What cannot be delivered in time is forgotten.
/// 3. One thread does it all; whoever posts never waits.
package final class HTTPPoster: Sendable {
    /// Makes a notice's body, on the poster's thread; nil where there is nothing to tell after all.
    package typealias Body = @Sendable () -> [UInt8]?

    private let limit: Int
    private let mailbox = Blocking.Mailbox<PosterMail>()
    private let unsent = UnsentCount()
    private let thread: IOThread

    /// A poster whose thread runs until ``close()``, or until nobody holds the poster.
    ///
    /// - Parameters:
    ///   - connections: The most to one server.
    ///   - limit: So many notices may wait; one more is lost.
    ///   - timeout: For one notice, from the moment a connection has it.
    package init(connections: Int = 16, limit: Int = 20_000, timeout: Duration = .seconds(5)) {
        self.limit = limit
        let (mailbox, unsent) = (mailbox, unsent)
        thread = IOThread(name: "http-poster") {
            PosterLoop(mailbox, unsent, connections: connections, timeout: timeout).run()
        }
    }

    deinit { mailbox.post(.close) }

    /// Whether it posts to this URL: plain HTTP to an IPv4 address.
    package static func takes(_ url: String) -> Bool { PosterTarget(url) != nil }

    /// Posts a notice as soon as the server has a connection free, if there is room for it.
    package func post(to url: String, _ body: @escaping Body) {
        guard unsent.enter(limit: limit) else { return }
        mailbox.post(.notice(url: url, body))
    }

    /// Forgets what was not sent, closes all connections and ends the thread.
    package func close() async {
        mailbox.post(.close)
        await thread.join()
    }
}

/// What the poster's thread is told.
enum PosterMail {
    case notice(url: String, HTTPPoster.Body)
    case close
}

/// How many notices wait, shared between the thread and those who post.
final class UnsentCount: Sendable {
    private let count = Atomic<Int>(0)

    /// False where there is no room; a few too many do no harm.
    func enter(limit: Int) -> Bool {
        guard count.load(ordering: .relaxed) < limit else { return false }
        count.add(1, ordering: .relaxed)
        return true
    }

    func leave() { count.subtract(1, ordering: .relaxed) }
}
