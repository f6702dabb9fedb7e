import BrokerKit
import Desk
import HTTPClient
import HTTPServer
import Synchronization
import Trading
import Zerodha

/// A floor with Zerodha's adapter.
typealias ZerodhaFloor = BrokerFloor<ZerodhaBroker>

extension ZerodhaFloor {
    /// A key and a token, as the Authorization header joins them.
    static var pair: String { "testkey:TESTTOKEN" }

    static var reliance: BrokerInstrument {
        BrokerInstrument(instrument: Sample.instrument.id, segment: "NSE", code: "RELIANCE")
    }

    static func session(token: String = "testkey:TESTTOKEN") -> BrokerSession {
        Sample.session(token: token, instrument: reliance)
    }

    static func attempt(
        _ reference: String = "VTST0000000000000101",
        terms: OrderTerms = Sample.terms(),
        quantity: Int64 = 5
    ) -> Attempt {
        Sample.attempt(reference, terms: terms, quantity: quantity, session: session())
    }

    static func visit(
        account: String =
            #"{"face":"zerodha","client_id":"1000000001","token":"testkey:TESTTOKEN"}"#,
        limits: Bool = false,
        _ body: (ZerodhaFloor) async throws -> Void
    ) async throws {
        try await visit(
            account: account,
            limits: limits,
            make: { root, http in
                let calls = BrokerCalls(base: root + "/kite", client: http, timeout: .seconds(60))
                return ZerodhaBroker(calls: calls, clock: HandClock())
            },
            body
        )
    }
}

/// A server that gives each call the answer written for it, and remembers what it was asked.
final class CannedZerodha: Sendable {
    struct Canned: Sendable {
        let status: Int
        let body: String

        init(_ body: String, status: Int = 200) {
            self.status = status
            self.body = body
        }

        /// A good answer with this under `data`.
        static func data(_ data: String) -> Canned {
            Canned(#"{"status":"success","data":\#(data)}"#)
        }

        static func error(_ type: String, status: Int) -> Canned {
            let body =
                #"{"status":"error","message":"why","error_type":"\#(type)","data":null}"#
            return Canned(body, status: status)
        }
    }

    private let seen = Mutex<[HTTPServerRequest]>([])

    /// What was asked, in order.
    var requests: [HTTPServerRequest] { seen.withLock { $0 } }

    /// Runs a test with answers by method and path, such as `GET /orders`.
    static func visit(
        _ answers: [String: Canned],
        _ body: (ZerodhaBroker, CannedZerodha) async throws -> Void
    ) async throws {
        let canned = CannedZerodha()
        let routes = answers.map { call, answer in
            let parts = call.split(separator: " ").map(String.init)
            return HTTPRoute(parts[0], parts[1]) { canned.answer($0, answer) }
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        let http = HTTPClient()
        let calls = BrokerCalls(
            base: "http://127.0.0.1:\(server.port)",
            client: http,
            timeout: .seconds(60)
        )
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(ZerodhaBroker(calls: calls), canned))
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
