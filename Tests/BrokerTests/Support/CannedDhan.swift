import BrokerKit
import Dhan
import HTTPClient
import HTTPServer
import Synchronization

/// A server that gives each call the answer written for it, and remembers what it was asked.
final class CannedDhan: Sendable {
    struct Canned: Sendable {
        let status: Int
        let body: String

        init(_ body: String, status: Int = 200) {
            self.status = status
            self.body = body
        }
    }

    private let seen = Mutex<[HTTPServerRequest]>([])

    /// What was asked, in order.
    var requests: [HTTPServerRequest] { seen.withLock { $0 } }

    /// Runs a test with answers by method and path, such as `GET /orders`.
    static func visit(
        _ answers: [String: Canned],
        _ body: (DhanBroker, CannedDhan) async throws -> Void
    ) async throws {
        let canned = CannedDhan()
        let routes = answers.map { call, answer in
            let parts = call.split(separator: " ").map(String.init)
            return HTTPRoute(parts[0], "/v2" + parts[1]) { canned.answer($0, answer) }
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        let http = HTTPClient()
        let calls = BrokerCalls(
            base: "http://127.0.0.1:\(server.port)/v2",
            client: http,
            timeout: .seconds(60)
        )
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(DhanBroker(calls: calls), canned))
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
