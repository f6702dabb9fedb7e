import Blocking
import CWebSockets
import Synchronization

/// Opens connections to servers; all of a process share one I/O thread.
package enum WebSocketClient {
    /// Connects, and returns once the handshake is done.
    ///
    /// A `wss` server must have a certificate for its name from one of the authorities.
    /// Redirects are not followed.
    /// - Parameters:
    ///   - url: `ws://` or `wss://`, with path and query.
    ///   - headers: Sent besides those of the protocol.
    ///   - localAddress: The machine's own address that it leaves from; nil: whichever.
    ///   - options: Limits and times.
    /// - Returns: A connection that is open.
    /// - Throws: Why there is none; nothing has been sent then.
    package static func connect(
        url: String,
        headers: [(String, String)] = [],
        from localAddress: String? = nil,
        options: WebSocketOptions = WebSocketOptions()
    ) async throws(WebSocketError) -> WebSocketConnection {
        guard let address = WebSocketAddress(url), headers.allSatisfy(isSafe) else {
            throw .invalidURL
        }
        guard let loop = ClientLoops.loop(trusting: options.certificateAuthorities) else {
            throw .cannotConnect(reason: "no resources, or no file of certificate authorities")
        }
        var failure = WebSocketError.cannotConnect(reason: "unknown host")
        for numeric in await Resolver().resolve(address.host) {
            let link = Link(loop, options, IdlePolicy(options), requestHeaders: headers)
            loop.submit {
                link.begin(in: $0.pointer, to: address, at: numeric, from: localAddress)
            }
            switch await opening(of: link, within: options.connectTimeout) {
            case .success:
                return WebSocketConnection(link, Handshake(path: address.target))
            case .failure(let cause): failure = cause
            }
            if Task.isCancelled { throw .cancelled }
        }
        throw failure
    }

    /// Connections in memory that were made with these authorities, also half-open ones, for tests.
    package static func connectionCount(trusting certificateAuthorities: String) -> Int {
        ClientLoops.known(trusting: certificateAuthorities)?.linkCount ?? 0
    }

    private static func opening(
        of link: Link,
        within limit: Duration
    ) async -> Result<Void, WebSocketError> {
        await withTaskCancellationHandler {
            await withTaskGroup { group in
                group.addTask {
                    guard (try? await Task.sleep(for: limit)) != nil else { return }
                    link.abandon(reason: "timed out")
                }
                defer { group.cancelAll() }
                return await link.waitUntilOpen()
            }
        } onCancel: {
            link.abandon(reason: "cancelled")
        }
    }

    /// A line end would begin a header of somebody else's choice.
    private static func isSafe(_ header: (String, String)) -> Bool {
        let (name, value) = header
        return !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

/// The clients' loops, one for each file of authorities; they live as long as the process.
private enum ClientLoops {
    private static let loops = Mutex<[String: ServiceLoop]>([:])

    static func known(trusting authorities: String) -> ServiceLoop? {
        loops.withLock { $0[authorities] }
    }

    static func loop(trusting authorities: String) -> ServiceLoop? {
        loops.withLock { loops in
            if let known = loops[authorities] { return known }
            guard let made = ServiceLoop(certificateAuthorities: authorities),
                made.start(named: "websocket")
            else { return nil }
            loops[authorities] = made
            return made
        }
    }
}

/// Asks for a host's addresses on a thread of its own: the library would hold up all connections.
private actor Resolver {
    private let thread = DedicatedThread(name: "resolve")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func resolve(_ host: String) -> [String] {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64 * 4) { buffer in
            guard let start = buffer.baseAddress else { return [] }
            let count = cws_resolve(host, start, 4)
            return (0..<Int(count)).map { String(cString: start + 64 * $0) }
        }
    }
}
