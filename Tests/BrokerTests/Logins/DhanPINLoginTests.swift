import Desk
import HTTPServer
import Testing
import Trading

/// Dhan's login by PIN and a code of the authenticator, which needs no app of ours.
@Suite("Logins at Dhan by PIN", .timeLimit(.minutes(20)))
struct DhanPINLoginTests {
    private static let noApp = LoginApp(key: nil, secret: nil, returnURL: nil)

    private func refusal(_ floor: LoginFloor, _ pin: String, _ code: String) async -> String? {
        let failed = await loginFailure { () async throws(LoginFailure) in
            try await floor.login(app: Self.noApp).session(
                from: .pin(Secret(pin), code: Secret(code), of: Sample.client)
            )
        }
        guard case .refused(let words) = failed else {
            Issue.record("\(String(describing: failed))")
            return nil
        }
        return words
    }

    @Test("The right PIN and code give a session; wrong ones say so, and leave the old one alone")
    func whole() async throws {
        try await LoginUnderTest.dhan.visit { floor in
            let account = """
                {"client_id":"\(Sample.client)","token":"TESTTOKEN","face":"dhan","pin":"271828"}
                """
            try await floor.floor.control("POST", "/accounts", account)
            #expect(await refusal(floor, "314159", "123456") == "error: Invalid Pin")
            let malformed = await refusal(floor, "271828", "12345")
            #expect(malformed?.hasPrefix("DH-905") == true)
            _ = try await floor.adapter.check(Sample.session(token: "TESTTOKEN"))
            let given = try await floor.login(app: Self.noApp).session(
                from: .pin(Secret("271828"), code: Secret("123456"), of: Sample.client)
            )
            #expect(given.owners == [Sample.client])
            let ends = try #require(given.ends)
            #expect(floor.floor.clock.now().duration(to: ends) > .seconds(86_000))
            _ = try await floor.adapter.check(Sample.session(token: given.token.reveal()))
            let old = await failure { () async throws(BrokerFailure) in
                try await floor.adapter.check(Sample.session(token: "TESTTOKEN"))
            }
            #expect(old?.isSessionEnded == true)
        }
    }

    @Test("What Dhan repeats of PIN and code is hidden, and the query stands in no error")
    func echo() async throws {
        for status in [200, 400, 500] {
            try await CannedLogin.visit(
                .dhan,
                app: Self.noApp,
                status: status,
                answer: { request in
                    let heard = request.query.map(\.value).joined(separator: " ")
                    return #"{"status":"error","errorCode":"DH-905","errorMessage":"\#(heard)"}"#
                }
            ) { login, canned in
                let failed = await loginFailure { () async throws(LoginFailure) in
                    try await login.session(
                        from: .pin(Secret("271828"), code: Secret("654321"), of: Sample.client)
                    )
                }
                let words = String(describing: failed)
                #expect(words.contains("[redacted]"), "\(words)")
                #expect(!words.contains("271828") && !words.contains("654321"), "\(words)")
                #expect(canned.requests.count == 1)
            }
        }
    }
}
