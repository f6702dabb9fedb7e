import Desk
import Testing
import Trading

/// Every broker's login, from the link to a session that works, at the sandbox.
@Suite("Logins at brokers", .timeLimit(.minutes(20)))
struct LoginFlowTests {
    @Test("A client logs in, and gets a session that is good", arguments: LoginUnderTest.allCases)
    func whole(_ broker: LoginUnderTest) async throws {
        try await broker.visit { floor in
            let old = broker == .zerodha ? "app-key:TESTTOKEN" : "TESTTOKEN"
            _ = try await floor.adapter.check(Sample.session(token: old))
            let given = try await floor.login().session(from: floor.proof())
            #expect(given.owners.contains(Sample.client))
            #expect("\(given)".contains(given.token.reveal()) == false)
            _ = try await floor.adapter.check(Sample.session(token: given.token.reveal()))
            if let ends = given.ends {
                let latest = try #require(broker.life.end(of: floor.floor.clock.now()))
                #expect(ends > floor.floor.clock.now() && ends <= latest)
            } else {
                #expect(broker == .zerodha || broker == .upstox)
            }
            // The session before it is dead, as at the real broker.
            let failed = await failure {
                () async throws(BrokerFailure) in
                try await floor.adapter.check(Sample.session(token: old))
            }
            #expect(failed?.isSessionEnded == true)
        }
    }

    @Test("What a login gives works once", arguments: LoginUnderTest.withPages)
    func once(_ broker: LoginUnderTest) async throws {
        try await broker.visit { floor in
            let proof = try await floor.proof()
            let login = floor.login()
            let given = try await login.session(from: proof)
            let again = await loginFailure { () async throws(LoginFailure) in
                try await login.session(from: proof)
            }
            guard case .refused = again else {
                Issue.record("\(String(describing: again))")
                return
            }
            _ = try await floor.adapter.check(Sample.session(token: given.token.reveal()))
        }
    }

    @Test(
        "Somebody else's login says that it is somebody else's",
        arguments: LoginUnderTest.allCases
    )
    func somebodyElse(_ broker: LoginUnderTest) async throws {
        try await broker.visit { floor in
            try await floor.floor.control(
                "POST",
                "/accounts",
                #"{"client_id":"2000000002","token":"other","face":"\#(broker.rawValue)"}"#
            )
            let given = try await floor.login().session(from: floor.proof(of: "2000000002"))
            #expect(!given.owners.contains(Sample.client) && !given.owners.isEmpty)
        }
    }

    @Test("A client of Groww's may approve the key instead, and bring an own one with its secret")
    func approval() async throws {
        try await LoginUnderTest.groww.visit { floor in
            let bare = LoginApp(key: nil, secret: nil, returnURL: nil)
            let given = try await floor.login(app: bare).session(
                from: .approval(key: Secret(Sample.client), secret: Secret("own-secret"))
            )
            #expect(given.owners.contains(Sample.client))
            // Six in the morning, when every token ends.
            let end = LoginUnderTest.groww.life.end(of: floor.floor.clock.now())
            #expect(given.ends == end)
            for proof in [
                LoginProof.code(Secret("12345"), key: Secret(Sample.client)),
                .code(Secret("123456"), key: Secret("")), .code(Secret("123456"), key: Secret("?")),
            ] {
                let failed = await loginFailure { () async throws(LoginFailure) in
                    try await floor.login(app: bare).session(from: proof)
                }
                guard case .refused = failed else {
                    Issue.record("\(String(describing: failed))")
                    continue
                }
            }
        }
    }

    @Test("An app that Zerodha does not know by its secret gets nothing, and says no secret")
    func wrongSecret() async throws {
        try await LoginUnderTest.zerodha.visit { floor in
            let app = LoginApp(
                key: Secret("app-key"),
                secret: Secret("not-the-secret"),
                returnURL: LoginUnderTest.returnURL
            )
            let proof = try await floor.proof()
            let failed = await loginFailure { () async throws(LoginFailure) in
                try await floor.login(app: app).session(from: proof)
            }
            #expect(failed == .refused(words: "TokenException: Invalid `checksum`."))
        }
    }

    @Test("Whoever did not agree is not logged in")
    func notGranted() async throws {
        for broker in LoginUnderTest.withPages {
            try await broker.visit { floor in
                for back in [
                    [:], ["status": "success"], ["error": "access_denied"], ["code": ""],
                    ["request_token": "t", "status": "cancelled"], ["tokenId": ""],
                ] {
                    let proof = LoginProof.redirect(back.mapValues { Secret($0) })
                    let failed = await loginFailure { () async throws(LoginFailure) in
                        try await floor.login().session(from: proof)
                    }
                    #expect(failed == .notGranted, "\(broker) \(back)")
                }
            }
        }
    }

    @Test("Without a setting there is no link, and the setting is named")
    func settings() async throws {
        let key = Secret("k")
        for broker in LoginUnderTest.withPages {
            try await broker.visit { floor in
                for (app, need) in [
                    (LoginApp(key: nil, secret: key, returnURL: "u"), LoginNeed.appKey),
                    (LoginApp(key: key, secret: nil, returnURL: "u"), .appSecret),
                    (LoginApp(key: key, secret: key, returnURL: nil), .publicURL),
                ] {
                    let failed = await loginFailure { () async throws(LoginFailure) in
                        try await floor.login(app: app).link(state: "s", for: Sample.client)
                    }
                    #expect(failed == .notConfigured(need), "\(broker)")
                }
            }
        }
        try await LoginUnderTest.groww.visit { floor in
            let bare = floor.login(app: LoginApp(key: nil, secret: nil, returnURL: nil))
            let failed = await loginFailure { () async throws(LoginFailure) in
                try await bare.session(from: .code(Secret("123456"), key: nil))
            }
            #expect(failed == .notConfigured(.appKey))
            let noLink = await loginFailure { () async throws(LoginFailure) in
                try await bare.link(state: "s", for: Sample.client)
            }
            #expect(noLink == .wrongWay)
        }
    }
}
