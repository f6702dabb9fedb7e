import BrokerKit
import Groww
import HTTPClient
import HTTPServer
import Synchronization

/// A server that gives each call the answers written for it, one after the other, and remembers
/// what it was asked.
final class CannedGroww: Sendable {
    struct Canned: Sendable {
        let status: Int
        let body: String

        init(_ body: String, status: Int = 200) {
            self.status = status
            self.body = body
        }

        /// A payload in Groww's envelope.
        static func payload(_ members: String) -> Canned {
            Canned(#"{"status":"SUCCESS","payload":\#(members)}"#)
        }

        static func failure(_ code: String, status: Int) -> Canned {
            let error = #"{"code":"\#(code)","message":"why","metadata":null}"#
            return Canned(#"{"status":"FAILURE","error":\#(error)}"#, status: status)
        }
    }

    private struct State {
        var seen: [HTTPServerRequest] = []
        var answered: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// What was asked, in order.
    var requests: [HTTPServerRequest] { state.withLock { $0.seen } }

    /// Runs a test with answers by method and path, such as `GET /order/list`; the last of each
    /// list is given again and again.
    static func visit(
        _ answers: [String: [Canned]],
        _ body: (GrowwBroker, CannedGroww) async throws -> Void
    ) async throws {
        let canned = CannedGroww()
        let routes = answers.map { call, answers in
            let parts = call.split(separator: " ").map(String.init)
            return HTTPRoute(parts[0], "/v1" + parts[1]) { canned.answer($0, call, answers) }
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        let http = HTTPClient()
        let calls = BrokerCalls(
            base: "http://127.0.0.1:\(server.port)/v1",
            client: http,
            timeout: .seconds(60)
        )
        let broker = GrowwBroker(calls: calls)
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
