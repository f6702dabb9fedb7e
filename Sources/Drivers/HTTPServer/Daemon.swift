import Blocking
import CMicroHTTPD
import Glibc

/// The library's server, from start to close.
///
/// Unchecked, because the pointer is used by one caller at a time: `HTTPServer` hands each daemon
/// to one `stop`.
final class Daemon: @unchecked Sendable {
    let port: Int
    private let pointer: OpaquePointer
    private let listener: CInt
    private let context: Unmanaged<Engine>

    private init(port: Int, pointer: OpaquePointer, listener: CInt, context: Unmanaged<Engine>) {
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
            clamping: max(configuration.maximumConnections, threads(configuration))
        )
        settings.connections_per_address = UInt32(
            clamping: configuration.maximumConnectionsPerAddress
        )
        // Whole seconds, at least one: 0 would mean for ever.
        settings.idle_seconds = UInt32(
            clamping: max(1, configuration.idleTimeout.components.seconds)
        )
        settings.threads = UInt32(clamping: threads(configuration))
        // The library keeps the head of the request and the buffers for both ways in one pool.
        settings.connection_memory = configuration.maximumHeaderBytes + 16 << 10
        settings.context = context.toOpaque()
        guard let pointer = launch(settings, configuration.tls) else {
            _ = Glibc.close(listener)
            context.release()
            let cause = configuration.tls == nil ? "no resources" : "certificate or key refused"
            return .failure(.cannotStart(cause))
        }
        return .success(
            Daemon(port: Int(port), pointer: pointer, listener: listener, context: context)
        )
    }

    /// New connections are refused from now on; those that exist go on.
    func stopListening() {
        MHD_quiesce_daemon(pointer)
        // The socket itself must stay open until the threads have ended, but need not listen.
        shutdown(listener, CInt(SHUT_RDWR))
    }

    /// Ends the threads and all connections, of which none may be suspended.
    func close() async {
        await ClosingThread().run { [self] in
            MHD_stop_daemon(pointer)
            _ = Glibc.close(listener)
            context.release()
        }
    }

    private static func threads(_ configuration: HTTPServerConfiguration) -> Int {
        max(1, configuration.threads)
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

/// Waits for the library's threads to end, which must not hold up a thread of the pool.
private actor ClosingThread {
    private let thread = DedicatedThread(name: "http-stop")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func run(_ body: @Sendable () -> Void) { body() }
}
