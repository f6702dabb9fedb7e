import BrokerKit
import HTTPClient
import HTTPServer
import Synchronization

/// A server that gives each call the answers written for it, one after the other and the last again and
/// again, and remembers what it was asked.
final class CannedBroker: Sendable {
    private struct State {
        var seen: [HTTPServerRequest] = []
        var answered: [String: Int] = [:]
    }

    private let state = Mutex(State())
    private let port = Atomic<Int>(0)

    /// Where it is, without a path.
    var root: String { "http://127.0.0.1:\(port.load(ordering: .acquiring))" }

    /// What was asked, in order.
    var requests: [HTTPServerRequest] { state.withLock { $0.seen } }

    /// Runs a test with answers by method and path, such as `GET /orders`, all below `prefix`; `adapter`
    /// makes the broker of calls to a path.
    static func visit<Broker>(
        _ answers: [String: [Canned]],
        below prefix: String = "",
        adapter: (_ calls: (_ path: String) -> BrokerCalls) -> Broker,
        _ body: (Broker, CannedBroker) async throws -> Void
    ) async throws {
        let canned = CannedBroker()
        let routes = answers.map { call, answers in
            let parts = call.split(separator: " ").map(String.init)
            return HTTPRoute(parts[0], prefix + parts[1]) { canned.answer($0, call, answers) }
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        canned.port.store(server.port, ordering: .releasing)
        let http = HTTPClient()
        let broker = adapter {
            BrokerCalls(base: canned.root + $0, client: http, timeout: .seconds(60))
        }
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

    private func answer(
        _ request: HTTPServerRequest,
        _ call: String,
        _ answers: [Canned]
    ) -> HTTPServerResponse {
        let answer = state.withLock { state in
            state.seen.append(request)
            let index = state.answered[call, default: 0]
            state.answered[call] = index + 1
            return answers[min(index, answers.count - 1)]
        }
        return HTTPServerResponse(
            status: answer.status,
            headers: [("Content-Type", "application/json")],
            body: .bytes(Array(answer.body.utf8))
        )
    }
}

/// One answer, word for word.
struct Canned: Sendable {
    let status: Int
    let body: String

    init(_ body: String, status: Int = 200) {
        self.status = status
        self.body = body
    }

    /// Data in the envelope that Zerodha and Upstox share.
    static func data(_ data: String) -> Canned {
        Canned(#"{"status":"success","data":\#(data)}"#)
    }
}
