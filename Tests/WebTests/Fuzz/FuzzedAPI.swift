import Desk
import DeskTesting
import Fuzzing
import JSON
import Testing
import Trading

@testable import HTTPServer
@testable import Web

/// The API over stores in memory, called past the network: thousands of requests a second.
struct FuzzedAPI: Sendable {
    /// A request that somebody may send in good faith.
    struct Sample: Sendable {
        let method: String
        let path: String
        var query: [(name: String, value: String)] = []
        var body = ""
        var type = "application/json"
    }

    let world: WebWorld
    private let router: Router
    private let samples: [Sample]
    private let bodies: Mutator
    private let tables: Mutator
    private let callers: [Identity]

    init(_ world: WebWorld) async throws {
        self.world = world
        let samples = try await Self.samples(world) + Self.fromSchemas
        self.samples = samples
        router = Router(world.api.routes)
        bodies = Mutator(samples.map(\.body), .json)
        tables = Mutator(samples.map(\.body), .csv)
        callers = [world.admin, world.trader, world.other]
    }

    /// The routes that no sample is of.
    var routesWithoutSample: [String] {
        world.api.routes.filter { route in
            !samples.contains { sample in
                guard case .route(let found, _) = match(sample.method, Array(sample.path.utf8))
                else { return false }
                return found.method == route.method && found.pattern == route.pattern
            }
        }.map { $0.method + " " + $0.pattern }
    }

    /// One spoiled request, and what is wrong with its answer.
    func tryOne(_ random: inout FuzzRandom) async -> String? {
        let place = random.below(samples.count)
        let sample = samples[place]
        var path = Array(sample.path.utf8)
        if random.chance(15) { path = spoiled(path, &random) }
        let body =
            switch (sample.body.isEmpty, sample.type) {
            case (true, _): random.chance(90) ? [] : bodies.input(&random)
            case (false, "text/csv"): tables.input(from: place, &random)
            case (false, _): bodies.input(from: place, &random)
            }
        var headers = [(name: "content-type", value: sample.type)]
        if random.chance(97) {
            let caller = random.chance(70) ? callers[1] : random.pick(callers)
            headers.append(("authorization", "Bearer " + world.token(caller)))
        } else {
            headers.append(("authorization", random.pick(HostileText.words)))
        }
        for name in ["idempotency-key", "x-api-key", "if-none-match"] where random.chance(10) {
            headers.append((name, random.pick(HostileText.all)))
        }
        var request = HTTPServerRequest(
            method: sample.method,
            path: "",
            query: query(sample, &random),
            headers: headers,
            body: body,
            remoteAddress: "192.0.2.1"
        )
        let response = await answer(&request, path)
        return fault(in: response).map {
            "\($0); \(sample.method) \(FuzzRun.shown(path)) \(request.query) "
                + FuzzRun.shown(body)
        }
    }

    // MARK: Requests

    private func query(_ sample: Sample, _ random: inout FuzzRandom) -> [(
        name: String, value: String
    )] {
        var query = sample.query
        for place in query.indices where random.chance(40) {
            query[place].value = random.pick(HostileText.all)
        }
        if random.chance(10) {
            let names = samples.flatMap { $0.query.map(\.name) } + HostileText.words
            query.append((random.pick(names), random.pick(HostileText.all)))
        }
        // No server lets a zero byte into an address.
        return query.filter { !$0.name.utf8.contains(0) && !$0.value.utf8.contains(0) }
    }

    private func spoiled(_ path: [UInt8], _ random: inout FuzzRandom) -> [UInt8] {
        var segments = path.split(separator: UInt8(ascii: "/")).map(Array.init)
        let place = random.below(segments.count)
        let text =
            random.chance(60) ? random.pick(HostileText.numbers) : random.pick(HostileText.all)
        segments[place] = Array(text.utf8).flatMap { byte in
            [UInt8(ascii: "%")] + Array((byte < 16 ? "0" : "").utf8)
                + Array(String(byte, radix: 16).utf8)
        }
        return [UInt8(ascii: "/")] + Array(segments.joined(separator: [UInt8(ascii: "/")]))
    }

    private func match(_ method: String, _ path: [UInt8]) -> Router.Match {
        guard let segments = PercentEncoding.segments(ofPath: path) else {
            return .refused(.malformed(reason: "the path"))
        }
        return router.match(method: method, segments: segments)
    }

    private func answer(_ request: inout HTTPServerRequest, _ path: [UInt8]) async
        -> HTTPServerResponse
    {
        request.path = PercentEncoding.decode(path) ?? ""
        switch match(request.method, path) {
        case .refused(let refusal): return WebAPI.refuse(request, refusal)
        case .route(let route, let parameters):
            request.pathParameters = parameters
            return await route.handler(request)
        }
    }

    // MARK: Answers

    private func fault(in response: HTTPServerResponse) -> String? {
        let isBroken = response.headers.contains { _, value in value.utf8.contains { $0 < 32 } }
        if isBroken { return "a control character in a header" }
        guard case .bytes(let bytes) = response.body else { return nil }
        if response.status >= 500 { return "HTTP \(response.status) \(FuzzRun.shown(bytes))" }
        let type = response.header("content-type") ?? ""
        guard type.hasPrefix("application/") else {
            return response.status < 400 || type.hasPrefix("text/html")
                ? nil : "HTTP \(response.status) as \(type)"
        }
        guard let json = try? JSONValue(parsing: bytes) else {
            return "an answer that is no JSON: \(FuzzRun.shown(bytes))"
        }
        return response.status < 400 ? nil : fault(in: json, response.status, type)
    }

    /// What is not as RFC 9457 and this API have it.
    private func fault(in problem: JSONValue, _ status: Int, _ type: String) -> String? {
        // The report of an import that stored nothing.
        if problem["imported"] != nil { return nil }
        let words = ["title", "code", "detail"].map { problem[$0]?.string ?? "" }
        guard type == "application/problem+json", !words.contains(""),
            problem["status"]?.int64 == Int64(status)
        else { return "HTTP \(status) that is no problem: \(words)" }
        guard status == 422 else { return nil }
        let errors = problem["errors"]?.array ?? []
        let isNamed = errors.allSatisfy { error in
            ["field", "code", "detail"].allSatisfy { error[$0]?.string != nil }
        }
        return !errors.isEmpty && isNamed && problem["field"]?.string != nil
            ? nil : "a refusal of fields that names none: \(words)"
    }
}
