import Desk
import DeskTesting
import HTTPServer
import JSON
import Testing
import Trading

@testable import Web

@Suite("The API's manners", .timeLimit(.minutes(5)))
struct ProtocolTests {
    @Test("Unknown paths, wrong methods and bodies too large are problems")
    func refusals() async throws {
        try await WebWorld.serving { world in
            try await world.ask("GET", "/nothing").expectProblem(404, "no_such_path")
            let method = try await world.ask("DELETE", "/api/v1/bulk-trades", as: world.trader)
            method.expectProblem(405, "method_not_allowed")
            let allowed = method.header("allow") ?? ""
            #expect(allowed.contains("POST") && allowed.contains("GET"))
            let large = String(repeating: "x", count: 10 << 20)
            let tooLarge = try await world.ask(
                "POST",
                "/api/v1/bulk-trades",
                as: world.trader,
                large
            )
            tooLarge.expectProblem(413, "body_too_large")
            try await world.ask("POST", "/postbacks/dhan", String(repeating: "x", count: 70_000))
                .expectProblem(413, "body_too_large")
            #expect(world.store.size[0] == 0)
        }
    }

    @Test("With the database away the answer is 503 and says when to come again")
    func unavailable() async throws {
        try await WebWorld.serving { world in
            world.store.fail(with: .unavailable("password=hunter2 at 10.0.0.1"))
            let requests: [(String, String, String?)] = [
                ("POST", "/api/v1/bulk-trades", WebWorld.buy), ("GET", "/api/v1/bulk-trades", nil),
                ("GET", "/api/v1/clients", nil),
                ("POST", "/api/v1/login", #"{"email":"a@b","password":"x"}"#),
            ]
            for (method, path, body) in requests {
                let answer = try await world.ask(method, path, as: world.trader, body)
                answer.expectProblem(503, "store_unavailable")
                #expect(answer.header("retry-after").flatMap { Int($0) } != nil)
                #expect(!answer.text.contains("hunter2") && !answer.text.contains("10.0.0.1"))
            }
            #expect(try await world.ask("GET", "/readyz").status == 503)
            #expect(try await world.ask("GET", "/healthz").status == 200)
            world.store.heal()
            #expect(try await world.ask("GET", "/readyz").status == 200)
            #expect(world.store.size[0] == 0)
        }
    }

    @Test("A defect's answer tells nothing of the inside")
    func internalErrors() async throws {
        try await WebWorld.serving { world in
            for failure in [StoreFailure.broken("column x of secret_table"), .outcomeUnknown("y")] {
                world.store.fail("submit", with: failure, times: 1)
                let answer = try await world.ask(
                    "POST",
                    "/api/v1/bulk-trades",
                    as: world.trader,
                    WebWorld.buy
                )
                #expect(answer.status >= 500)
                #expect(answer.header("content-type") == "application/problem+json")
                #expect(!answer.text.contains("secret_table"))
                #expect(!answer.text.contains("StoreFailure"))
            }
        }
    }

    @Test("The document parses, and its operations are exactly the routes")
    func openAPI() async throws {
        try await WebWorld.serving { world in
            let answer = try await world.ask("GET", "/openapi.json")
            #expect(answer.status == 200)
            let paths = try #require(answer.json["paths"]?.object)
            let documented = paths.flatMap { path in
                path.value.object?.keys.map { "\($0.uppercased()) \(path.key)" } ?? []
            }
            let routed = world.api.routes.map { "\($0.method) \($0.pattern)" }
            #expect(Set(documented) == Set(routed))
            #expect(documented.count == Set(documented).count)
            #expect(routed.count == Set(routed).count)
        }
    }

    @Test("Every schema that the document speaks of is in it")
    func openAPISchemas() throws {
        let text = String(decoding: OpenAPIDocument.bytes, as: UTF8.self)
        let document = try JSONValue(parsing: text)
        let schemas = try #require(document["components"]?["schemas"]?.object)
        let marker = "#/components/schemas/"
        var named: Set<String> = []
        func visit(_ value: JSONValue) {
            for member in value.object ?? JSONObject() {
                if member.key == "$ref", let name = member.value.string, name.hasPrefix(marker) {
                    named.insert(String(name.dropFirst(marker.count)))
                }
                visit(member.value)
            }
            for element in value.array ?? [] { visit(element) }
        }
        visit(document)
        #expect(!named.isEmpty)
        #expect(named.isSubset(of: Set(schemas.keys)))
    }

    @Test("Times go to text and back, exactly to the millisecond", arguments: 0..<200)
    func timestamps(_ seed: Int) {
        var numbers = SeededNumbers(seed: UInt64(seed))
        let milliseconds = Int64.random(in: -1_000_000_000_000...4_000_000_000_000, using: &numbers)
        let moment = Timestamp(microseconds: milliseconds * 1_000)
        #expect(TimestampText.parse(TimestampText.text(moment)) == moment)
    }

    @Test("Any zone and fraction is read; what is no time is not")
    func timestampTexts() {
        let morning = ManualClock.morning
        #expect(TimestampText.text(morning) == "2026-11-23T10:00:00.000+05:30")
        for text in [
            "2026-11-23T10:00:00+05:30", "2026-11-23T04:30:00Z", "2026-11-23t04:30:00.000000z",
            "2026-11-22T23:30:00-05:00", "2026-11-23T04:30:00.0000009Z",
        ] {
            #expect(TimestampText.parse(text) == morning, "\(text)")
        }
        for text in [
            "", "2026-11-23", "2026-11-23T10:00:00", "2026-02-30T10:00:00Z", "2026-11-23T24:00:00Z",
            "2026-11-23T10:60:00Z", "2026-11-23T10:00:00+0530", "2026-11-23T10:00:00.Z",
            "2026-11-23T10x00x00Z", "2026-11-23T10:00:00+99:99", "2026-11-23T10:00:00+05:60",
            "2026-11-23T10:00:00Z ", "२०२६-11-23T10:00:00Z", "+026-11-23T10:00:00Z",
        ] {
            #expect(TimestampText.parse(text) == nil, "\(text)")
        }
    }

    @Test("Figures and instruments are there for those who may ask")
    func others() async throws {
        try await WebWorld.serving { world in
            #expect(try await world.ask("GET", "/metrics").status == 200)
            let found = try await world.ask(
                "GET",
                "/api/v1/instruments?search=reli",
                as: world.trader
            )
            #expect(found.json["instruments"]?[0]?["symbol"]?.string == "RELIANCE")
            #expect(found.json["instruments"]?[0]?["tick"]?.string == "0.05")
            try await world.ask("GET", "/api/v1/instruments").expectProblem(401, "not_logged_in")
        }
    }
}
