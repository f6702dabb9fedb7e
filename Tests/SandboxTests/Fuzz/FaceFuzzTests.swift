import Exchange
import Fuzzing
import JSON
import Testing

@testable import BrokerFaces
@testable import HTTPServer

/// What adapters, scripts and tests may send to the simulated brokers.
@Suite("Fuzz: the simulated brokers", .timeLimit(.minutes(60)))
struct FaceFuzzTests {
    @Test(
        "A face answers whatever it is sent, and books nothing beyond its limits",
        arguments: ["dhan", "zerodha", "upstox", "groww", "control"]
    )
    func faces(_ name: String) async throws {
        let world = try FuzzedFaces(name)
        #expect(world.routed > 8)
        let found = await FuzzRun("face-\(name)", cases: 6_000).run { await world.tryOne(&$0) }
        #expect(found == nil, "\(found ?? "")")
    }
}

/// The faces, called past the network.
private struct FuzzedFaces: Sendable {
    private struct Sample {
        let method: String
        let target: String
        let headers: [(name: String, value: String)]
        let body: String
    }

    private let floor: Floor
    private let router: Router
    private let samples: [Sample]
    private let bodies: Mutator
    private let targets: Mutator

    init(_ name: String) throws {
        var configuration = SandboxConfiguration.ephemeral
        configuration.limits = false
        configuration.accountsOpen = true
        floor = Floor(configuration)
        let faces = Faces.make(over: floor)
        let control = ControlFace(floor: floor).routes
        router = Router(faces.flatMap(\.routes) + control)
        samples = name == "control" ? Self.control : try Self.captured(name)
        // Kite takes forms, the others JSON; both are bytes in the end.
        bodies = Mutator(samples.map(\.body), name == "zerodha" ? .table(UInt8(ascii: "&")) : .json)
        targets = Mutator(samples.map(\.target), .table(UInt8(ascii: "&")))
    }

    /// How many of the samples reach a face at all.
    var routed: Int {
        samples.count { sample in
            let path = Array(sample.target.utf8.prefix { $0 != UInt8(ascii: "?") })
            guard let segments = PercentEncoding.segments(ofPath: path),
                case .route = router.match(method: sample.method, segments: segments)
            else { return false }
            return true
        }
    }

    func tryOne(_ random: inout FuzzRandom) async -> String? {
        let place = random.below(samples.count)
        let sample = samples[place]
        let target =
            random.chance(40)
            ? targets.input(from: place, &random) : Array(sample.target.utf8)
        let halves = target.split(separator: UInt8(ascii: "?"), maxSplits: 1)
        guard let path = halves.first, let segments = PercentEncoding.segments(ofPath: path),
            let query = Self.query(halves.count == 2 ? halves[1] : [])
        else { return nil }
        let request = HTTPServerRequest(
            method: sample.method,
            path: PercentEncoding.decode(path) ?? "",
            query: query,
            headers: sample.headers.map { ($0.name.lowercased(), $0.value) },
            body: sample.body.isEmpty ? [] : bodies.input(from: place, &random),
            remoteAddress: "127.0.0.1"
        )
        guard
            case .route(let route, let parameters) = router.match(
                method: sample.method,
                segments: segments
            )
        else { return nil }
        var matched = request
        matched.pathParameters = parameters
        let response = await route.handler(matched)
        guard (200...599).contains(response.status) else { return "HTTP \(response.status)" }
        return nil
    }

    private static func query(_ bytes: ArraySlice<UInt8>) -> [(name: String, value: String)]? {
        var pairs: [(name: String, value: String)] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let sides = part.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard let name = PercentEncoding.decode(sides[0]),
                let value = sides.count == 2 ? PercentEncoding.decode(sides[1]) : ""
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func captured(_ name: String) throws -> [Sample] {
        let tests = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let root = ["zerodha": "/kite"][name] ?? "/" + name
        return try CapturedRequest.all(name, file: "/\(tests)/SandboxTests/here").map { request in
            // Orders go to a host of their own at Upstox, and to a path of it here.
            let isFast = request.target.hasPrefix("/hft")
            return Sample(
                method: request.method,
                target: root + (isFast ? String(request.target.dropFirst(4)) : request.target),
                headers: request.headers,
                body: request.body
            )
        }
    }

    private static var control: [Sample] {
        func sample(_ method: String, _ path: String, _ body: String = "") -> Sample {
            Sample(method: method, target: "/control" + path, headers: [], body: body)
        }
        return [
            sample(
                "POST",
                "/accounts",
                """
                {"accounts":[{"client_id":"1","token":"T","face":"dhan","funds":"100000.50",
                "holdings":[{"symbol":"NTPC","quantity":10,"average_price":"300.00"}]}]}
                """
            ),
            sample("GET", "/accounts"),
            sample(
                "POST",
                "/prices",
                #"{"symbol":"RELIANCE","price":"2950.00","frozen":true,"depth":100}"#
            ),
            sample(
                "POST",
                "/faults",
                """
                {"kind":"slow","placing":true,"times":1,"milliseconds":1,"status":500,"code":"X",
                "client_id":"1","probability":0.5}
                """
            ),
            sample("DELETE", "/faults"), sample("POST", "/clock", #"{"now":1795149000000000}"#),
            sample("POST", "/clock", #"{"now":"2026-11-20T10:00:00+05:30"}"#),
            sample("GET", "/ledger?reference=V&limit=5"), sample("GET", "/ledger/summary"),
            sample("GET", "/calls"),
            sample("POST", "/apps", #"{"face":"dhan","redirect_url":"https://a.example/"}"#),
        ]
    }
}
