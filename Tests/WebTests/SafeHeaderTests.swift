import HTTPClient
import Testing

/// Headers that keep browsers from doing harm.
@Suite struct SafeHeaderTests {
    private static let always = [
        "cache-control": "no-store", "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer", "cross-origin-resource-policy": "same-origin",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "strict-transport-security": "max-age=31536000",
    ]

    @Test(arguments: ["/api/v1/me", "/healthz", "/no/such/path", "/openapi.json", "/%zz"])
    func `every answer has them, also where nothing was found`(path: String) async throws {
        try await WebWorld.serving { world in
            let answer = try await world.ask("GET", path, as: world.trader)
            for (name, value) in Self.always { #expect(answer.header(name) == value, "\(name)") }
        }
    }

    @Test func `an answer's own header wins, and stands there once`() async throws {
        try await WebWorld.serving { world in
            let (task, _) = try await world.plannedTrade(1)
            let status = try await world.ask("GET", "/api/v1/bulk-trades/\(task)", as: world.trader)
            let kept = status.response.headers.filter { $0.name.lowercased() == "cache-control" }
            #expect(kept.map(\.value) == ["private, no-cache"])
            let page = try await world.ask("GET", "/broker-logins/zerodha/callback?state=x")
            #expect(page.header("content-security-policy")?.contains("style-src") == true)
        }
    }

    @Test func `no answer lets another site's pages read it`() async throws {
        try await WebWorld.serving { world in
            let origin = [(name: "Origin", value: "https://evil.example")]
            for method in ["GET", "OPTIONS"] {
                let answer = try await world.ask(
                    method,
                    "/api/v1/me",
                    as: world.trader,
                    headers: origin
                )
                #expect(answer.header("access-control-allow-origin") == nil)
            }
        }
    }
}
