/// Where a server listens, and what it takes.
package struct HTTPServerConfiguration: Sendable {
    /// A certificate chain and its key, as PEM text.
    package struct TLS: Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// An address or a name; `::` takes IPv4 and IPv6.
    package var host: String
    /// 0 takes any free port; `HTTPServer.port` tells which.
    package var port: Int
    /// For routes that set no limit of their own.
    package var maximumBodyBytes = 1 << 20
    /// The request line and all headers together; more is answered 431 or 414.
    package var maximumHeaderBytes = 16 << 10
    package var maximumConnections = 10_000
    /// 0 for no limit, as behind a proxy, where all connections share its address.
    package var maximumConnectionsPerAddress = 0
    /// A connection on which nothing moves for so long is closed; waiting for a handler does not count.
    package var idleTimeout: Duration = .seconds(60)
    package var tls: TLS?
    /// Sent with every answer that has none of this name.
    package var headers: [(name: String, value: String)] = []

    package init(host: String = "127.0.0.1", port: Int, tls: TLS? = nil) {
        self.host = host
        self.port = port
        self.tls = tls
    }
}

/// Why a server could not start.
package enum HTTPServerError: Error, Equatable {
    /// The address is unknown, in use or not ours.
    case cannotListen(String)
    /// The library refused: a bad certificate or key, or no resources.
    case cannotStart(String)
}
