import CWebSockets
import Synchronization
package import Telemetry

/// Where a server listens, and whom it lets in.
package struct WebSocketServerConfiguration: Sendable {
    /// A certificate and its key, as PEM text.
    ///
    /// The library takes the first certificate only, so a chain belongs into a proxy in front.
    package struct TLS: Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// A numeric address, or `localhost`; `0.0.0.0` and `::` for all.
    package var host: String
    /// 0 takes any free port; `WebSocketServer.port` tells which.
    package var port: Int
    package var tls: TLS?
    package var maximumConnections = 10_000
    /// Limits and times of each connection.
    package var options = WebSocketOptions()
    /// Headers to pass on besides the well-known ones, in lower case: the library has no list.
    package var customHeaders: [String] = []

    package init(host: String = "127.0.0.1", port: Int, tls: TLS? = nil) {
        self.host = host
        self.port = port
        self.tls = tls
    }
}

/// A server whose every connection is served by a task.
///
/// Runs on a thread and a port of its own, beside any `HTTPServer`. What is not a WebSocket
/// handshake is answered 404.
package final class WebSocketServer: Sendable {
    /// Serves one connection; when it returns, the connection is closed with 1000.
    package typealias Handler = @Sendable (WebSocketConnection) async -> Void

    private let configuration: WebSocketServerConfiguration
    private let guests: Guests
    private let loop = Mutex<ServiceLoop?>(nil)
    private let boundPort = Atomic<Int>(0)
    private let logger: Logger

    package init(
        _ configuration: WebSocketServerConfiguration,
        logger: Logger = .silent,
        metrics: Metrics? = nil,
        onConnection: @escaping Handler
    ) {
        self.configuration = configuration
        self.logger = logger
        guests = Guests(
            limit: configuration.maximumConnections,
            gauge: metrics?.gauge(
                "websocket_server_connections",
                help: "Open WebSocket connections at our server."
            ),
            onConnection
        )
    }

    /// The port listened on; 0 before the start.
    package var port: Int { boundPort.load(ordering: .acquiring) }

    /// Connections in memory, also half-open ones, for tests.
    package var connectionCount: Int { loop.withLock { $0?.linkCount ?? 0 } }

    /// Starts listening; when this returns, connections are accepted.
    package func start() throws(WebSocketError) {
        let bound = loop.withLock { slot -> Result<Int, WebSocketError> in
            guard slot == nil else {
                return .failure(.cannotListen(reason: "a server can be started once"))
            }
            return begin().map { loop, port in
                slot = loop
                return port
            }
        }
        boundPort.store(try bound.get(), ordering: .releasing)
    }

    /// Closes all connections with 1001, waits for their handlers some seconds, and ends the thread.
    package func stop() async {
        guard let loop = loop.withLock({ $0 }) else { return }
        await guests.sendAway()
        await loop.stop()
        await guests.waitForHandlers(atMost: .seconds(10))
    }

    private func begin() -> Result<(ServiceLoop, Int), WebSocketError> {
        let options = configuration.options
        let customHeaders = configuration.customHeaders
        let idle = IdlePolicy(options)
        let door = ServiceLoop.Door(
            admits: { [guests] in guests.hasRoom },
            link: { loop in Link(loop, options, idle) },
            customHeaders: customHeaders,
            opened: { [guests] link, handshake in guests.welcome(link, handshake) }
        )
        guard let loop = ServiceLoop(certificateAuthorities: nil, door: door) else {
            return .failure(.cannotListen(reason: "no resources"))
        }
        guard let port = loop.prepare({ listen(in: $0, idle) }) else {
            loop.discard()
            return .failure(
                .cannotListen(reason: "\(configuration.host):\(configuration.port) cannot be used")
            )
        }
        guard loop.start(named: "websocket-srv") else {
            loop.discard()
            return .failure(.cannotListen(reason: "no thread"))
        }
        return .success((loop, port))
    }

    private func listen(in context: OpaquePointer, _ idle: IdlePolicy) -> Int? {
        let host = configuration.host == "localhost" ? "127.0.0.1" : configuration.host
        let family = cws_address_family(host)
        guard family != 0, (0...65535).contains(configuration.port) else { return nil }
        let isAny = host == "0.0.0.0" || host == "::"
        let port = cws_listen(
            context,
            isAny ? nil : host,
            family == 6 ? 1 : 0,
            CInt(configuration.port),
            configuration.tls?.certificate,
            configuration.tls?.key,
            idle.pointer
        )
        return port > 0 ? Int(port) : nil
    }
}
