import BrokerFaces
import Desk
import Fuzzing
import HTTPClient
import Testing
import Trading

/// What brokers may answer, and what stands between us and them.
@Suite("Fuzz: brokers' answers", .timeLimit(.minutes(120)))
struct BrokerAnswerFuzzTests {
    @Test(
        "No answer of a broker's ends the process or becomes a number beyond its limits",
        arguments: LoginUnderTest.allCases
    )
    func answers(_ name: LoginUnderTest) async throws {
        let kind = try #require(BrokerUnderTest(rawValue: name.rawValue))
        try await name.visit { place in
            let floor = place.floor
            let token = name == .zerodha ? "app-key:TESTTOKEN" : "TESTTOKEN"
            try await floor.control(
                "POST",
                "/accounts",
                """
                {"client_id":"1000000001","token":"\(token)","face":"\(name.rawValue)",
                "holdings":[{"symbol":"NTPC","quantity":10,"average_price":"300.05"}]}
                """
            )
            let sandbox = "http://127.0.0.1:\(floor.sandbox.port)"
            let proof = try await place.proof()
            try await SpoilingRelay.visit(sandbox, floor.http) { relay in
                let http = HTTPClient()
                let adapter = kind.adapter(relay.root, http, timeout: .seconds(60))
                let calls = BrokerCallsUnderFuzz(
                    try #require(adapter),
                    name.login(relay.root, http),
                    proof,
                    session(kind, token)
                )
                let orders = try await calls.makeAll()
                #expect(relay.keptCount > 14)
                let found = await FuzzRun("answers-\(name.rawValue)", cases: 1_500).run { random in
                    relay.spoil(by: &random)
                    return await calls.tryOne(orders, &random)
                }
                #expect(found == nil, "\(found ?? "")")
                await http.close()
            }
        }
    }

    private func session(_ kind: BrokerUnderTest, _ token: String) -> BrokerSession {
        Sample.session(
            token: token,
            instrument: BrokerInstrument(
                instrument: Sample.instrument.id,
                segment: kind.listing.segment,
                code: kind.listing.code
            )
        )
    }
}
