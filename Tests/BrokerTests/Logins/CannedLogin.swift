import Desk
import HTTPClient
import HTTPServer
import Synchronization

/// A server in a broker's place that gives every login call the same answer, and remembers all.
final class CannedLogin: Sendable {
    private let seen = Mutex<[HTTPServerRequest]>([])
    private let status: Int
    private let answer: @Sendable (HTTPServerRequest) -> String

    /// What was asked, in order.
    var requests: [HTTPServerRequest] { seen.withLock { $0 } }

    private init(_ status: Int, _ answer: @escaping @Sendable (HTTPServerRequest) -> String) {
        self.status = status
        self.answer = answer
    }

    /// Runs a test with a broker's login at such a server.
    static func visit(
        _ broker: LoginUnderTest,
        app: LoginApp = LoginUnderTest.app,
        status: Int = 200,
        answer: @escaping @Sendable (HTTPServerRequest) -> String,
        _ body: (any BrokerLogin, CannedLogin) async throws -> Void
    ) async throws {
        let canned = CannedLogin(status, answer)
        let routes = [
            ("GET", "/dhan/app/consumeApp-consent"), ("POST", "/dhan/app/generate-consent"),
            ("POST", "/dhan/app/generateAccessToken"),
            ("POST", "/kite/session/token"), ("POST", "/upstox/v2/login/authorization/token"),
            ("POST", "/upstox/v3/login/auth/token/request/cid"), ("GET", "/upstox/v2/user/profile"),
            ("POST", "/groww/v1/token/api/access"), ("GET", "/groww/v1/user/detail"),
        ].map { method, path in HTTPRoute(method, path) { canned.take($0) } }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        let http = HTTPClient()
        let login = broker.login("http://127.0.0.1:\(server.port)", http, app: app)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(login, canned))
        } catch {
            outcome = .failure(error)
        }
        await http.close()
        await server.stop(grace: .seconds(5))
        try outcome.get()
    }

    private func take(_ request: HTTPServerRequest) -> HTTPServerResponse {
        seen.withLock { $0.append(request) }
        return HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "application/json")],
            body: .bytes(Array(answer(request).utf8))
        )
    }
}
