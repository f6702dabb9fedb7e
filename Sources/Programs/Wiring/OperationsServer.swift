import HTTPServer
import Telemetry

/// `/metrics`, `/healthz` and `/readyz` of roles that serve nothing else.
struct OperationsServer: Sendable {
    private let server: HTTPServer

    /// Nil where the settings give no address for it.
    init?(_ connections: Connections, ready: @escaping @Sendable () async -> Bool) throws {
        guard let address = connections.settings.metricsListen else { return nil }
        let metrics = connections.metrics
        server = HTTPServer(
            HTTPServerConfiguration(host: address.host, port: address.port),
            routes: [
                HTTPRoute("GET", "/healthz") { _ in Self.text(200, "alive\n") },
                HTTPRoute("GET", "/readyz") { _ in
                    await ready() ? Self.text(200, "ready\n") : Self.text(503, "not ready\n")
                },
                HTTPRoute("GET", "/metrics") { _ in
                    HTTPServerResponse(
                        status: 200,
                        headers: [("Content-Type", "text/plain; version=0.0.4")],
                        body: .bytes(metrics.exposition())
                    )
                },
            ],
            logger: connections.logger,
            metrics: metrics
        )
        try server.start()
    }

    func stop() async { await server.stop(grace: .seconds(1)) }

    private static func text(_ status: Int, _ text: String) -> HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "text/plain")],
            body: .bytes(Array(text.utf8))
        )
    }
}
