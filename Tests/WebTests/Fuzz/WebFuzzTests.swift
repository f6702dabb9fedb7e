import Fuzzing
import Testing

/// What anybody may send to the API.
@Suite("Fuzz: the API", .timeLimit(.minutes(60)))
struct WebFuzzTests {
    @Test func `no request makes the API fail, and every refusal of fields names one`() async throws
    {
        try await WebWorld.serving { world in
            let api = try await FuzzedAPI(world)
            let found = await FuzzRun("web", cases: 12_000).run { await api.tryOne(&$0) }
            #expect(found == nil, "\(found ?? "")")
        }
    }

    /// Routes that are not there yet when this list is read are tried by nobody.
    @Test func `every route has a sample that is spoiled`() async throws {
        try await WebWorld.serving { world in
            let api = try await FuzzedAPI(world)
            #expect(api.routesWithoutSample == [])
        }
    }
}
