import BrokerKit
import Fuzzing
import HTTPClient
import HTTPServer
import Synchronization

/// Stands between an adapter and the sandbox: first it keeps the answers that it passes on, then it
/// gives those, spoiled.
final class SpoilingRelay: Sendable {
    private struct Kept {
        let call: String
        let status: Int
        let body: [UInt8]
    }
    private struct State {
        var kept: [Kept] = []
        var mutator: Mutator?
        var random = FuzzRandom(seed: 0)
        var answered = 0
    }

    private let state = Mutex(State())
    private let target: String
    private let http: HTTPClient
    private let port = Atomic<Int>(0)

    /// Where adapters find it.
    var root: String { "http://127.0.0.1:\(port.load(ordering: .acquiring))" }

    /// A relay to the sandbox at this address.
    static func visit(
        _ target: String,
        _ http: HTTPClient,
        _ body: (SpoilingRelay) async throws -> Void
    )
        async throws
    {
        let relay = SpoilingRelay(target, http)
        let routes = ["GET", "POST", "PUT", "DELETE"].flatMap { method in
            (1...9).map { depth in
                let pattern = (1...depth).map { "/{\($0)}" }.joined()
                return HTTPRoute(method, pattern) { await relay.answer($0) }
            }
        }
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: routes)
        try server.start()
        relay.port.store(server.port, ordering: .releasing)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(relay))
        } catch {
            outcome = .failure(error)
        }
        await server.stop(grace: .seconds(5))
        try outcome.get()
    }

    private init(_ target: String, _ http: HTTPClient) {
        self.target = target
        self.http = http
    }

    /// How many answers are kept.
    var keptCount: Int { state.withLock { $0.kept.count } }

    /// From now on every answer is a kept one, spoiled by these numbers.
    func spoil(by random: inout FuzzRandom) {
        let seed = random.next()
        state.withLock { state in
            if state.mutator == nil { state.mutator = Mutator(state.kept.map(\.body), .json) }
            state.random = FuzzRandom(seed: seed)
            state.answered = 0
        }
    }

    private func answer(_ request: HTTPServerRequest) async -> HTTPServerResponse {
        let call = request.method + " " + request.path
        if let spoiled = spoiled(call) { return spoiled }
        let path = request.path.split(separator: "/").map { FormBody.encoded(String($0)) }
        let query = FormBody(request.query).text
        let own: Set = ["host", "content-length", "connection", "expect", "accept-encoding"]
        do {
            let response = try await http.send(
                HTTPRequest(
                    method: request.method,
                    url: target + "/" + path.joined(separator: "/")
                        + (query.isEmpty ? "" : "?" + query),
                    headers: request.headers.filter { !own.contains($0.name) },
                    body: request.body.isEmpty ? nil : request.body,
                    timeout: .seconds(60)
                )
            )
            let kept = Kept(call: call, status: response.status, body: response.body)
            state.withLock { $0.kept.append(kept) }
            return Self.response(kept.status, kept.body)
        } catch {
            return Self.response(599, Array("\(error)".utf8))
        }
    }

    private func spoiled(_ call: String) -> HTTPServerResponse? {
        state.withLock { state in
            guard let mutator = state.mutator else { return nil }
            state.answered += 1
            // Pages that always go on would be read for half a minute.
            if state.answered > 9 { return Self.response(429, []) }
            let same = state.kept.indices.filter { state.kept[$0].call == call }
            let place =
                same.isEmpty || state.random.chance(15)
                ? state.random.below(state.kept.count) : state.random.pick(same)
            var status = state.kept[place].status
            if state.random.chance(20) {
                status = state.random.pick([200, 202, 400, 401, 403, 404, 409, 422, 500, 502, 503])
            }
            return Self.response(status, mutator.input(from: place, &state.random))
        }
    }

    private static func response(_ status: Int, _ body: [UInt8]) -> HTTPServerResponse {
        HTTPServerResponse(
            status: status,
            headers: [("Content-Type", "application/json")],
            body: .bytes(body)
        )
    }
}
