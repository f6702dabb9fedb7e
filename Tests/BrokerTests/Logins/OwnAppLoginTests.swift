import Desk
import Testing
import Trading

/// Logins by apps that are one client's own, at the sandbox.
@Suite("Logins by own apps", .timeLimit(.minutes(20)))
struct OwnAppLoginTests {
    static let brokers: [LoginUnderTest] = [.zerodha, .upstox]
    private static let own = LoginOwnApp(key: "own-app", secret: Secret("secret-of-own"))

    /// The client's own app, as the broker's console knows it.
    private func register(_ app: LoginOwnApp, _ floor: LoginFloor) async throws {
        try await floor.floor.control(
            "POST",
            "/apps",
            """
            {"face":"\(floor.broker.rawValue)","app_key":"\(app.key)",
            "app_secret":"\(app.secret.reveal())","client_id":"\(Sample.client)",
            "redirect_url":"\(LoginUnderTest.returnURL)"}
            """
        )
    }

    /// The words with which the broker refuses; none of them a secret.
    private func refusal(_ login: any BrokerLogin, _ proof: LoginProof) async -> String? {
        let failed = await loginFailure { () async throws(LoginFailure) in
            try await login.session(from: proof)
        }
        guard case .refused(let words) = failed else {
            Issue.record("\(String(describing: failed))")
            return nil
        }
        #expect(!words.contains("secret"))
        return words
    }

    @Test("The own app's link, code and secret give a session that is good", arguments: brokers)
    func whole(_ broker: LoginUnderTest) async throws {
        try await broker.visit { floor in
            try await register(Self.own, floor)
            let apps = try #require(floor.login().ownApps)
            let login = apps.login(by: Self.own)
            let link = try await login.link(state: "s", for: Sample.client)
            #expect(link.contains("own-app") && !link.contains("app-key"))
            let given = try await login.session(from: floor.proof(by: login))
            #expect(given.owners == [Sample.client])
            #expect(given.token.reveal().contains("own-app") == (broker == .zerodha))
            _ = try await floor.adapter.check(Sample.session(token: given.token.reveal()))
            let places = try apps.places()
            #expect(places.redirect == LoginUnderTest.returnURL)
        }
    }

    @Test(
        "A code of another app is refused in words, be it ours or the client's",
        arguments: brokers
    )
    func otherApp(_ broker: LoginUnderTest) async throws {
        try await broker.visit { floor in
            try await register(Self.own, floor)
            let usual = floor.login()
            let own = try #require(usual.ownApps).login(by: Self.own)
            let codes = [
                (own, try await floor.proof(by: usual)), (usual, try await floor.proof(by: own)),
            ]
            for (login, proof) in codes {
                let words = await refusal(login, proof)
                #expect(words?.contains(broker == .upstox ? "client_id" : "Token") == true)
            }
            // The session before is as good as ever.
            let old = broker == .zerodha ? "app-key:TESTTOKEN" : "TESTTOKEN"
            _ = try await floor.adapter.check(Sample.session(token: old))
        }
    }

    @Test("The own app's key with another secret gets nothing", arguments: brokers)
    func wrongSecret(_ broker: LoginUnderTest) async throws {
        try await broker.visit { floor in
            try await register(Self.own, floor)
            let apps = try #require(floor.login().ownApps)
            let wrong = LoginOwnApp(key: Self.own.key, secret: Secret("guessed-secret"))
            let proof = try await floor.proof(by: apps.login(by: Self.own))
            let failed = await loginFailure { () async throws(LoginFailure) in
                try await apps.login(by: wrong).session(from: proof)
            }
            #expect(failed != nil && !String(describing: failed).contains("guessed"))
        }
    }

    @Test("A kept key of Groww's logs in by a code; one that comes with the code goes before it")
    func groww() async throws {
        try await LoginUnderTest.groww.visit { floor in
            try await register(Self.own, floor)
            let bare = floor.login(app: LoginApp(key: nil, secret: nil, returnURL: nil))
            let login = try #require(bare.ownApps).login(by: Self.own)
            let given = try await login.session(from: .code(Secret("123456"), key: nil))
            #expect(given.owners.contains(Sample.client))
            _ = try await floor.adapter.check(Sample.session(token: given.token.reveal()))
            let approved = try await login.session(from: .approval(key: nil, secret: nil))
            #expect(approved.owners.contains(Sample.client))
            _ = await refusal(login, .code(Secret("123456"), key: Secret("nobody's")))
            #expect(try #require(bare.ownApps).places() == LoginPlaces())
        }
    }

    @Test("Dhan's page names no app when it sends the browser back, so there is none")
    func dhan() async throws {
        try await LoginUnderTest.dhan.visit { floor in #expect(floor.login().ownApps == nil) }
    }
}
