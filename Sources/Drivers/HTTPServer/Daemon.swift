import Blocking
import CMicroHTTPD
import Glibc
import Synchronization

/// The library's server and the one thread that runs it, from start to close.
///
/// Unchecked, because the pointer is used by its thread alone, and by the tasks that resume
/// connections, which the library allows from any thread.
final class Daemon: @unchecked Sendable {
    let port: Int
    private let pointer: OpaquePointer
    private let listener: CInt
    private let context: Unmanaged<Engine>
    private let mailbox: Mailbox<DaemonLetter>
    private let thread = Mutex<IOThread?>(nil)

    private init(port: Int, pointer: OpaquePointer, listener: CInt, context: Unmanaged<Engine>) {
        mailbox = context.takeUnretainedValue().mailbox
        self.port = port
        self.pointer = pointer
        self.listener = listener
        self.context = context
    }

    static func start(
        _ configuration: HTTPServerConfiguration,
        _ engine: Engine
    ) -> Result<Daemon, HTTPServerError> {
        guard let wanted = UInt16(exactly: configuration.port) else {
            return .failure(.cannotListen("no such port: \(configuration.port)"))
        }
        var port: UInt16 = 0
        var isIPv6: CInt = 0
        let listener = cmicrohttpd_listen(configuration.host, wanted, &port, &isIPv6)
        guard listener >= 0 else {
            let reason = listener == -2 ? "unknown host" : String(cString: strerror(errno))
            return .failure(.cannotListen("\(configuration.host):\(wanted): \(reason)"))
        }
        // Released by `close`, after the last callback; here where the daemon does not start.
        let context = Unmanaged.passRetained(engine)
        var settings = cmicrohttpd_settings()
        settings.listener = listener
        settings.is_ipv6 = isIPv6
        settings.connection_limit = UInt32(
            clamping: max(configuration.maximumConnections, 1)
        )
        settings.connections_per_address = UInt32(
            clamping: configuration.maximumConnectionsPerAddress
        )
        // Whole seconds, at least one: 0 would mean for ever.
        settings.idle_seconds = UInt32(
            clamping: max(1, configuration.idleTimeout.components.seconds)
        )
        // The library keeps the head of the request and the buffers for both ways in one pool.
        settings.connection_memory = configuration.maximumHeaderBytes + 16 << 10
        settings.context = context.toOpaque()
        guard let pointer = launch(settings, configuration.tls) else {
            _ = Glibc.close(listener)
            context.release()
            let cause = configuration.tls == nil ? "no resources" : "certificate or key refused"
            return .failure(.cannotStart(cause))
        }
        let daemon = Daemon(
            port: Int(port),
            pointer: pointer,
            listener: listener,
            context: context
        )
        daemon.thread.withLock { $0 = IOThread(name: "http-server") { daemon.run() } }
        return .success(daemon)
    }

    /// New connections are refused from now on; those that exist go on.
    func stopListening() { mailbox.post(.stopListening) }

    /// Ends the thread and all connections, of which none may be suspended.
    func close() async {
        mailbox.post(.close)
        await thread.withLock { $0 }?.join()
    }

    // MARK: On the thread

    private func run() {
        let events = cmicrohttpd_epoll(pointer)
        // Letters are read between the wait and the run, so that a resume is never slept on.
        repeat {
            MHD_run(pointer)
            let wait = cmicrohttpd_wait_milliseconds(pointer)
            _ = mailbox.wait(
                for: events,
                atMost: wait < 0 ? .seconds(3600) : .milliseconds(wait)
            )
        } while serveLetters()
        MHD_stop_daemon(pointer)
        _ = Glibc.close(listener)
        context.release()
    }

    /// False once it is to close.
    private func serveLetters() -> Bool {
        for letter in mailbox.take() {
            switch letter {
            case .close: return false
            case .resumed: continue
            case .stopListening:
                MHD_quiesce_daemon(pointer)
                // The socket itself must stay open until the library has ended, but need not
                // listen.
                shutdown(listener, CInt(SHUT_RDWR))
            }
        }
        return true
    }

    private static func launch(
        _ settings: cmicrohttpd_settings,
        _ tls: HTTPServerConfiguration.TLS?
    ) -> OpaquePointer? {
        var settings = settings
        guard let tls else {
            return cmicrohttpd_start(&settings, Callbacks.access, Callbacks.completed)
        }
        return tls.certificate.withCString { certificate in
            tls.key.withCString { key in
                settings.certificate_pem = certificate
                settings.key_pem = key
                return cmicrohttpd_start(&settings, Callbacks.access, Callbacks.completed)
            }
        }
    }
}

/// What the server's thread is told.
enum DaemonLetter {
    case stopListening, close
    /// A connection was resumed: the library, run from outside, does not wake for it by itself.
    case resumed
}
