import Desk
import HTTPServer
import JSON
import Telemetry
import Trading

extension WebAPI {
    /// What machines ask: alive, ready, measured, documented.
    var operations: [HTTPRoute] {
        [
            HTTPRoute("GET", "/healthz") { _ in Self.text(200, "alive\n") },
            HTTPRoute("GET", "/readyz") { [isReady] _ in
                await isReady() ? Self.text(200, "ready\n") : Self.text(503, "not ready\n")
            },
            HTTPRoute("GET", "/metrics") { [metrics] _ in
                HTTPServerResponse(
                    status: 200,
                    headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
                    body: .bytes(metrics.exposition())
                )
            },
            HTTPRoute("GET", "/openapi.json") { _ in
                HTTPServerResponse(
                    status: 200,
                    headers: [("Content-Type", "application/json")],
                    body: .bytes(OpenAPIDocument.bytes)
                )
            },
        ]
    }

    /// Brokers' unasked-for messages; a hint only, so nobody has to prove to be a broker.
    var postbacks: [HTTPRoute] {
        [
            route(
                "POST",
                "/postbacks/{broker}",
                maximumBodyBytes: 64 << 10,
                startsAtOnce: true
            ) { request in
                guard
                    let name = request.pathParameters["broker"].flatMap({ BrokerName(rawValue: $0) }
                    ),
                    let reader = hintReaders[name]
                else { throw Problem.notFound }
                hint(reader.hints(in: request.body), of: name)
                return .noContent
            }
        ]
    }

    private static func text(_ status: Int, _ text: String) -> HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: .bytes(Array(text.utf8))
        )
    }
}
