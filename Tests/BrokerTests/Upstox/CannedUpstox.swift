import BrokerKit
import HTTPClient
import HTTPServer
import Synchronization
import Upstox

/// A server that gives each call the answer written for it, and remembers what it was asked.
///
/// Orders go to `/hft`, reads to `/api`, as they go to two hosts outside.
final class CannedUpstox: Sendable {
    struct Canned: Sendable {
        let status: Int
        let body: String

        init(_ body: String, status: Int = 200) {
            self.status = status
            self.body = body
        }

        /// Data in Upstox's envelope.
        static func data(_ data: String) -> Canned {
            Canned(#"{"status":"success","data":\#(data)}"#)
        }
    }

    private let seen = Mutex<[HTTPServerRequest]>([])
    private let port = Atomic<Int>(0)

    /// Where it is, without the host's part.
    var root: String { "http://127.0.0.1:\(port.load(ordering: .acquiring))" }

    /// What was asked, in order.
    var requests: [HTTPServerRequest] { seen.withLock { $0 } }

    /// Runs a test with answers by method and path, such as `GET /api/v2/order/retrieve-all`.
    static func visit(
        _ answers: [String: Canned],
        _ body: (UpstoxBroker, CannedUpstox) async throws -> Void
    ) async throws {
        let canned = CannedUpstox()
        let routes = answers.map { call, answer in
            let parts = call.split(separator: " ").map(String.init)
            return HTTPRoute(parts[0], parts[1]) { canned.answer($0, answer) }
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        let http = HTTPClient()
        canned.port.store(server.port, ordering: .releasing)
        func calls(_ host: String) -> BrokerCalls {
            BrokerCalls(base: canned.root + host, client: http, timeout: .seconds(60))
        }
        let broker = UpstoxBroker(
            hosts: UpstoxHosts(reads: calls("/api"), orders: calls("/hft"))
        )
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(broker, canned))
        } catch {
            outcome = .failure(error)
        }
        await http.close()
        await server.stop(grace: .seconds(5))
        try outcome.get()
    }

    private func answer(_ request: HTTPServerRequest, _ canned: Canned) -> HTTPServerResponse {
        seen.withLock { $0.append(request) }
        return HTTPServerResponse(
            status: canned.status,
            headers: [("Content-Type", "application/json")],
            body: .bytes(Array(canned.body.utf8))
        )
    }
}
