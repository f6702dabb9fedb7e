import BrokerKit
import Desk
import Dhan
import HTTPClient
import Testing
import Trading

/// Dhan's login through a partner's app, which any client may use.
@Suite("Logins at Dhan by a partner", .timeLimit(.minutes(20)))
struct DhanPartnerLoginTests {
    private static let partner = LoginApp(
        key: Secret("partner-key"),
        secret: Secret("partner-secret"),
        returnURL: LoginUnderTest.returnURL,
        isPartner: true
    )

    @Test("A client logs in through the partner's page, and the session says whose it is")
    func whole() async throws {
        try await LoginUnderTest.dhan.visit { floor in
            let login = floor.login(app: Self.partner)
            let link = try await login.link(state: "state-1", for: Sample.client)
            #expect(link.contains("/consent-login?consentId=") && !link.contains("partner-"))
            let back = try await floor.floor.http.send(
                HTTPRequest(method: "GET", url: link + "&client_id=" + Sample.client)
            )
            let target = try #require(back.header("location"))
            let token = try #require(target.split(separator: "=").last)
            let proof = LoginProof.redirect(["tokenId": Secret(String(token))])
            let given = try await login.session(from: proof)
            #expect(given.owners == [Sample.client])
            _ = try await floor.adapter.check(Sample.session(token: given.token.reveal()))
            // It works once.
            let again = await loginFailure { () async throws(LoginFailure) in
                try await login.session(from: proof)
            }
            guard case .refused(let words) = again else {
                Issue.record("\(String(describing: again))")
                return
            }
            #expect(!words.contains("partner-secret"))
        }
    }

    @Test("What a partner lacks of the settings is named")
    func lacking() async throws {
        try await LoginUnderTest.dhan.visit { floor in
            let bare = LoginApp(key: nil, secret: nil, returnURL: "https://x", isPartner: true)
            let failed = await loginFailure { () async throws(LoginFailure) in
                try await floor.login(app: bare).link(state: "s", for: Sample.client)
            }
            #expect(failed == .notConfigured(.appKey))
        }
    }
}
